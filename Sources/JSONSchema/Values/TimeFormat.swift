/// Dates, times and durations as RFC 3339 writes them.
enum TimeFormat {
    static func isDateTime(_ text: [UInt8]) -> Bool {
        guard text.count > 11, text[10] | 0x20 == UInt8(ascii: "t") else { return false }
        return isDate(text[..<10]) && isTime(text[11...])
    }

    static func isDate(_ text: ArraySlice<UInt8>) -> Bool {
        let text = Array(text)
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        return (1...days).contains(day)
    }

    static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
        let text = Array(text)
        guard text.count >= 9, text[2] == UInt8(ascii: ":"), text[5] == UInt8(ascii: ":"),
            let hour = number(text[0..<2]), let minute = number(text[3..<5]), let second = number(text[6..<8]),
            hour < 24, minute < 60, second <= 60
        else { return false }
        var cursor = 8
        if text[cursor] == UInt8(ascii: ".") {
            let start = cursor + 1
            cursor = start
            while cursor < text.count, text[cursor] &- 0x30 < 10 { cursor += 1 }
            guard cursor > start else { return false }
        }
        guard let offset = offset(text[cursor...]) else { return false }
        // A leap second is the last one of a day in UTC.
        return second < 60 || ((hour * 60 + minute - offset) % 1440 + 1440) % 1440 == 23 * 60 + 59
    }

    /// Minutes from UTC.
    private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
        let text = Array(text)
        if text.count == 1, text[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text[1..<3]),
            let minutes = number(text[4..<6]), hours < 24, minutes < 60
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for byte in digits {
            guard byte &- 0x30 < 10 else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value
    }

    /// ISO 8601 as RFC 3339 appendix A has it.
    static func isDuration(_ text: [UInt8]) -> Bool {
        guard text.first == UInt8(ascii: "P"), text.count > 2 else { return false }
        let halves = text.dropFirst().split(separator: UInt8(ascii: "T"), omittingEmptySubsequences: false)
        guard halves.count <= 2, let days = units(halves[0]) else { return false }
        if days == Array("W".utf8) { return halves.count == 1 }
        guard isRun(days, of: Array("YMD".utf8)) else { return false }
        guard halves.count == 2 else { return !days.isEmpty }
        guard let times = units(halves[1]), !times.isEmpty else { return false }
        return isRun(times, of: Array("HMS".utf8))
    }

    /// The letters behind the numbers; nil when something else is there.
    private static func units(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var letters: [UInt8] = []
        var hasDigit = false
        for byte in text {
            if byte &- 0x30 < 10 {
                hasDigit = true
            } else {
                guard hasDigit else { return nil }
                letters.append(byte)
                hasDigit = false
            }
        }
        return hasDigit ? nil : letters
    }

    /// Whether letters stand in an unbroken run of others: units are not left out in the middle.
    private static func isRun(_ letters: [UInt8], of all: [UInt8]) -> Bool {
        guard let first = letters.first else { return true }
        guard let start = all.firstIndex(of: first), start + letters.count <= all.count else { return false }
        return all[start..<(start + letters.count)].elementsEqual(letters)
    }
}
