// Original file: proto/wca/v1/controller.proto


export interface WatchUsageRequest {
}

export interface WatchUsageRequest__Output {
}
