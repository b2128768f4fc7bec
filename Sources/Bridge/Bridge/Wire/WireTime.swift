import BridgeModel
import JSON

extension JSONWriter {
  /// RFC 3339 in UTC with milliseconds.
  mutating func field(_ name: StaticString, _ time: Timestamp?) {
    field(name) { $0.value(time?.rfc3339) }
  }
}
