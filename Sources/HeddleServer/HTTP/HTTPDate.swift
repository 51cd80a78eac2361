import Glibc

/// The value of `Date` (RFC 9110 §5.6.7), made anew once a second.
struct HTTPDate {
    private var second = time_t.min
    private var cached = ""

    /// The time of day now.
    var text: String {
        mutating get {
            let now = time(nil)
            guard now != second else { return cached }
            second = now
            cached = Self.text(now)
            return cached
        }
    }

    /// The text for seconds since 1970.
    static func text(_ second: time_t) -> String {
        var (parts, second) = (tm(), second)
        gmtime_r(&second, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
        return "\(day) \(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
