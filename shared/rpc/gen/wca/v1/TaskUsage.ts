// Original file: proto/wca/v1/controller.proto


export interface TaskUsage {
  'id'?: (string);
  'name'?: (string);
  'cpuCores'?: (number | string);
  'memoryBytes'?: (number | string);
  'memoryLimitBytes'?: (number | string);
  'ipc'?: (number | string);
  'contextSwitchesPerSecond'?: (number | string);
  'pageFaultsPerSecond'?: (number | string);
  'cpuPressureRatio'?: (number | string);
  'memoryPressureRatio'?: (number | string);
  'ioPressureRatio'?: (number | string);
  'throttledRatio'?: (number | string);
  'state'?: (string);
  'llcOccupancyBytes'?: (number | string);
  'memoryBandwidthBytesPerSecond'?: (number | string);
  '_cpuCores'?: "cpuCores";
  '_memoryBytes'?: "memoryBytes";
  '_memoryLimitBytes'?: "memoryLimitBytes";
  '_ipc'?: "ipc";
  '_contextSwitchesPerSecond'?: "contextSwitchesPerSecond";
  '_pageFaultsPerSecond'?: "pageFaultsPerSecond";
  '_cpuPressureRatio'?: "cpuPressureRatio";
  '_memoryPressureRatio'?: "memoryPressureRatio";
  '_ioPressureRatio'?: "ioPressureRatio";
  '_throttledRatio'?: "throttledRatio";
  '_llcOccupancyBytes'?: "llcOccupancyBytes";
  '_memoryBandwidthBytesPerSecond'?: "memoryBandwidthBytesPerSecond";
}

export interface TaskUsage__Output {
  'id': (string);
  'name': (string);
  'cpuCores'?: (number);
  'memoryBytes'?: (number);
  'memoryLimitBytes'?: (number);
  'ipc'?: (number);
  'contextSwitchesPerSecond'?: (number);
  'pageFaultsPerSecond'?: (number);
  'cpuPressureRatio'?: (number);
  'memoryPressureRatio'?: (number);
  'ioPressureRatio'?: (number);
  'throttledRatio'?: (number);
  'state': (string);
  'llcOccupancyBytes'?: (number);
  'memoryBandwidthBytesPerSecond'?: (number);
  '_cpuCores'?: "cpuCores";
  '_memoryBytes'?: "memoryBytes";
  '_memoryLimitBytes'?: "memoryLimitBytes";
  '_ipc'?: "ipc";
  '_contextSwitchesPerSecond'?: "contextSwitchesPerSecond";
  '_pageFaultsPerSecond'?: "pageFaultsPerSecond";
  '_cpuPressureRatio'?: "cpuPressureRatio";
  '_memoryPressureRatio'?: "memoryPressureRatio";
  '_ioPressureRatio'?: "ioPressureRatio";
  '_throttledRatio'?: "throttledRatio";
  '_llcOccupancyBytes'?: "llcOccupancyBytes";
  '_memoryBandwidthBytesPerSecond'?: "memoryBandwidthBytesPerSecond";
}
