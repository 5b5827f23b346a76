// Original file: proto/wca/v1/controller.proto


export interface GetControllerStatusRequest {
}

export interface GetControllerStatusRequest__Output {
}
