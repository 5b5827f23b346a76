import { WcaError } from '../../shared/errors/wca-error.ts';

const remedies: Readonly<Record<number, string>> = {
  400: 'see the log of the server',
  401: 'check user and password or the token',
  403: 'let the user of the storage write there',
  404: 'check the path of the URL',
  405: 'check the path of the URL',
  413: 'lower the size of a request, or raise the limit of the server',
};

/** STORAGE_FAILED for an answer that is not 2xx, with its first words. */
export function explainStatus(subject: string, status: number, text: string): WcaError {
  const words = text
    .slice(0, 200)
    .replace(/[^\P{C}]+/gu, ' ')
    .trim();
  const isRedirect = status >= 300 && status < 400;
  const remedy = isRedirect ? 'give the URL it leads to: redirects are not followed' : remedies[status];
  const message = `status ${status}${words === '' ? '' : `: ${words}`}`;
  return new WcaError('STORAGE_FAILED', { subject, message, ...(remedy === undefined ? {} : { remedy }) });
}
