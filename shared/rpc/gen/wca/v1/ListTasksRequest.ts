// Original file: proto/wca/v1/controller.proto


export interface ListTasksRequest {
}

export interface ListTasksRequest__Output {
}
