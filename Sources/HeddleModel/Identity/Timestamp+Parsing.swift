extension Timestamp {
    /// Reads the form of RFC 3339, with any offset; nil for what is no such moment.
    ///
    /// Digits beyond milliseconds are dropped.
    package init?(parsing text: String) {
        var bytes = Array(text.utf8)[...]
        guard let year = Self.number(&bytes, 4), Self.take(&bytes, "-"), let month = Self.number(&bytes, 2),
            Self.take(&bytes, "-"), let day = Self.number(&bytes, 2), Self.take(&bytes, "T") || Self.take(&bytes, "t"),
            let hour = Self.number(&bytes, 2), Self.take(&bytes, ":"), let minute = Self.number(&bytes, 2),
            Self.take(&bytes, ":"), let second = Self.number(&bytes, 2),
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
            // A leap second is the first moment of the next minute.
            second <= 60
        else { return nil }
        guard let fraction = Self.fraction(&bytes), let offset = Self.offset(&bytes), bytes.isEmpty else { return nil }
        let days = Self.dayNumber(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>, _ width: Int) -> Int? {
        guard bytes.count >= width else { return nil }
        var value = 0
        for byte in bytes.prefix(width) {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        bytes = bytes.dropFirst(width)
        return value
    }

    private static func take(_ bytes: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard let first = bytes.first, UInt32(first) == character.value else { return false }
        bytes = bytes.dropFirst()
        return true
    }

    private static func fraction(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard take(&bytes, ".") else { return 0 }
        var (value, digits) = (0, 0)
        while let byte = bytes.first, (0x30...0x39).contains(byte) {
            if digits < 3 { value = value * 10 + Int(byte - 0x30) }
            digits += 1
            bytes = bytes.dropFirst()
        }
        guard digits > 0 else { return nil }
        for _ in min(digits, 3)..<3 { value *= 10 }
        return value
    }

    /// Minutes east of UTC.
    private static func offset(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        if take(&bytes, "Z") || take(&bytes, "z") { return 0 }
        let sign = take(&bytes, "+") ? 1 : take(&bytes, "-") ? -1 : 0
        guard sign != 0, let hours = number(&bytes, 2), take(&bytes, ":"), let minutes = number(&bytes, 2), hours < 24,
            minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 of a proleptic Gregorian date, after Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
