/// Lengths of time as people say them.
package enum DurationText {
    /// Such as `950 ms`, `12 s`, `3 min 5 s`, `2 h 10 min` or `4 d 1 h`.
    package static func render(milliseconds: Int) -> String {
        let seconds = milliseconds / 1000
        return switch seconds {
        case ..<1: "\(milliseconds) ms"
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }
}
