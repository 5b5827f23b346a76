const maxNames = 64;

/**
 * DNS and URI names of a certificate, from the text that Node makes of its subjectAltName: `DNS:a.example, URI:spiffe://x`.
 * Names with special characters come as JSON strings, quoted so that they cannot pretend to be several
 * (CVE-2021-44532). The common name is not looked at. Pure.
 */
export function namesInCertificate(text: string): readonly string[] {
  const names: string[] = [];
  let rest = text;
  while (rest !== '' && names.length < maxNames) {
    const [whole, kind = '', quoted, plain] = /^(\w[\w ]*):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/.exec(rest) ?? [];
    if (whole === undefined || whole === '') return []; // not in the form that Node promises: nothing is believed
    const name = quoted === undefined ? plain : parseQuoted(quoted);
    if ((kind === 'DNS' || kind === 'URI') && name !== undefined && name !== '') names.push(name);
    rest = rest.slice(whole.length);
  }
  return names;
}

function parseQuoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
