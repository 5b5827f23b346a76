import { WcaError } from '../../../shared/errors/wca-error.ts';

/** What kafkajs throws, as far as it is looked at. */
export interface KafkaFailure {
  readonly error: WcaError;
  /** The broker's name of the error: `MESSAGE_TOO_LARGE`. */
  readonly type: string | undefined;
  /** False: trying again would not help. */
  readonly retriable: boolean;
}

/** Errors of the broker that no retry changes (kafka.apache.org/protocol#protocol_error_codes). */
const permanent: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'lower message.max.bytes in extra_config',
  INVALID_TOPIC_EXCEPTION: 'choose another topic',
  UNSUPPORTED_COMPRESSION_TYPE: 'choose another compression.type in extra_config',
  INVALID_RECORD: 'see the log of the broker',
  CORRUPT_MESSAGE: 'see the log of the broker',
};

/** What people can do about errors that may pass. */
const remedies: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'let the user of the storage write to the topic',
  CLUSTER_AUTHORIZATION_FAILED: 'let the user of the storage write to the cluster',
  UNKNOWN_TOPIC_OR_PARTITION: 'create the topic',
  KafkaJSSASLAuthenticationError: 'check sasl.mechanism, sasl.username and sasl.password in extra_config',
  ECONNREFUSED: 'check brokers_ips, start the broker',
  CERT_HAS_EXPIRED: 'renew the certificate of the broker',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the broker is for another host: name that one in brokers_ips',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'give the certificate of the broker as ssl.server_verify',
  SELF_SIGNED_CERT_IN_CHAIN: 'give the authority of the broker as ssl.server_verify',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'give the authority of the broker as ssl.server_verify',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'give the authority of the broker as ssl.server_verify',
};

/** The innermost cause of what kafkajs threw, in words. */
export function explainKafka(subject: string, thrown: unknown): KafkaFailure {
  if (thrown instanceof WcaError) return { error: thrown, type: undefined, retriable: true };
  const root = rootCause(thrown);
  const type = textOf(root, 'type');
  const message = root instanceof Error ? root.message : String(root);
  const known = [type, textOf(root, 'code'), textOf(root, 'name')].find(
    (key) => key !== undefined && (permanent[key] ?? remedies[key]) !== undefined,
  );
  const remedy = known === undefined ? undefined : (permanent[known] ?? remedies[known]);
  const error = new WcaError('STORAGE_FAILED', {
    subject,
    message: message.slice(0, 300),
    cause: thrown,
    ...(remedy === undefined ? {} : { remedy }),
  });
  return { error, type, retriable: type === undefined || permanent[type] === undefined };
}

function rootCause(thrown: unknown): unknown {
  let cause = thrown;
  for (let depth = 0; depth < 8; depth += 1) {
    const next: unknown = cause instanceof Error ? cause.cause : undefined;
    if (next === undefined || next === null) break;
    cause = next;
  }
  return cause;
}

function textOf(thrown: unknown, key: string): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const value: unknown = Reflect.get(thrown, key);
  return typeof value === 'string' ? value : undefined;
}
