import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { ServerReflectionHandlers } from '../../shared/rpc/gen/grpc/reflection/v1/ServerReflection.ts';
import type { ServerReflectionRequest__Output } from '../../shared/rpc/gen/grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponse } from '../../shared/rpc/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import type { CallGuard } from './calls.ts';

type ReflectionCall = ServerDuplexStream<ServerReflectionRequest__Output, ServerReflectionResponse>;

/** The parts of google/protobuf/descriptor.proto that reflection needs. */
const descriptorProto = `syntax = "proto2";
message File { optional string name = 1; optional string package = 2; repeated string dependency = 3;
  repeated Message message_type = 4; repeated Named enum_type = 5; repeated Service service = 6; }
message Message { optional string name = 1; repeated Named field = 2; repeated Message nested_type = 3;
  repeated Named enum_type = 4; }
message Service { optional string name = 1; repeated Named method = 2; }
message Named { optional string name = 1; }`;

interface FileEntry {
  readonly bytes: Buffer;
  readonly dependencies: readonly string[];
}

/** What reflection knows: files by name, and by the full name of each symbol in them. */
export interface ReflectionIndex {
  readonly files: ReadonlyMap<string, FileEntry>;
  readonly fileOfSymbol: ReadonlyMap<string, string>;
}

/** Builds the index from serialised google.protobuf.FileDescriptorProto. */
export function indexDescriptors(descriptors: readonly Buffer[]): ReflectionIndex {
  const fileType = protobuf.parse(descriptorProto).root.lookupType('File');
  const files = new Map<string, FileEntry>();
  const fileOfSymbol = new Map<string, string>();
  for (const bytes of descriptors) {
    const file: unknown = fileType.toObject(fileType.decode(bytes), { arrays: true, defaults: true });
    const name = textOf(file, 'name');
    files.set(name, { bytes, dependencies: listOf(file, 'dependency').map(String) });
    for (const symbol of symbolsOf(file, textOf(file, 'package'))) fileOfSymbol.set(symbol, name);
  }
  return { files, fileOfSymbol };
}

function symbolsOf(scope: unknown, prefix: string): string[] {
  const kinds = ['messageType', 'nestedType', 'enumType', 'service', 'method', 'field'];
  return kinds.flatMap((kind) =>
    listOf(scope, kind).flatMap((item) => {
      const name = prefix === '' ? textOf(item, 'name') : `${prefix}.${textOf(item, 'name')}`;
      return [name, ...symbolsOf(item, name)];
    }),
  );
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}

function textOf(value: unknown, key: string): string {
  const text = fieldOf(value, key);
  return typeof text === 'string' ? text : '';
}

function listOf(value: unknown, key: string): readonly unknown[] {
  const list = fieldOf(value, key);
  return Array.isArray(list) ? list : [];
}

/** grpc.reflection.v1, so that ordinary tools can list and call what is served. Answers only about served services. */
export class Reflection {
  readonly #index: ReflectionIndex;
  readonly #services: readonly string[];

  constructor(index: ReflectionIndex, services: readonly string[]) {
    this.#index = index;
    this.#services = services;
  }

  handlers(guard: CallGuard): ServerReflectionHandlers {
    return {
      ServerReflectionInfo: guard.stream('observer', (call: ReflectionCall) => {
        call.on('data', (request: ServerReflectionRequest__Output) => {
          // One answer at a time: a client that does not read gets no further ones computed.
          call.pause();
          call.write(this.answer(request), () => call.resume());
        });
        call.on('end', () => call.end());
      }),
    };
  }

  /** Pure. Unknown names and unsupported questions are answered with NOT_FOUND and UNIMPLEMENTED. */
  answer(request: ServerReflectionRequest__Output): ServerReflectionResponse {
    const head = { validHost: request.host, originalRequest: request };
    switch (request.messageRequest) {
      case 'listServices':
        return { ...head, listServicesResponse: { service: this.#services.map((name) => ({ name })) } };
      case 'fileByFilename':
        return { ...head, ...this.#fileAnswer(request.fileByFilename) };
      case 'fileContainingSymbol':
        return { ...head, ...this.#fileAnswer(this.#index.fileOfSymbol.get(request.fileContainingSymbol ?? '')) };
      default:
        return { ...head, errorResponse: { errorCode: status.UNIMPLEMENTED, errorMessage: 'not supported' } };
    }
  }

  #fileAnswer(name: string | undefined): ServerReflectionResponse {
    const names = name === undefined ? [] : this.#withDependencies(name);
    const files = names.flatMap((file) => this.#index.files.get(file)?.bytes ?? []);
    if (files.length === 0) return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: 'not found' } };
    return { fileDescriptorResponse: { fileDescriptorProto: files } };
  }

  /** The file, then everything it imports. */
  #withDependencies(name: string): string[] {
    const names = new Set([name]);
    for (const next of names) for (const file of this.#index.files.get(next)?.dependencies ?? []) names.add(file);
    return [...names];
  }
}
