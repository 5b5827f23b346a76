// Original file: proto/wca/v1/collector.proto


export interface GetStatusRequest {
}

export interface GetStatusRequest__Output {
}
