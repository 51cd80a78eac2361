/// A date of HTTP, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970, for the one form that servers may write.
    static func seconds(_ text: String) -> Int? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.utf8.count == 29, words.count == 6, words[5] == "GMT", let day = number(words[1], digits: 2),
            let month = months.firstIndex(of: String(words[2])), let year = number(words[3], digits: 4)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { number($0, digits: 2) }
        guard clock.count == 3 else { return nil }
        // Years begin with March here, so that the day that is sometimes missing is the last one.
        let shifted = (month + 10) % 12
        let years = month < 2 ? year - 1 : year
        let days = years * 365 + years / 4 - years / 100 + years / 400 + (shifted * 153 + 2) / 5 + day - 719_469
        return days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    private static func number(_ text: Substring, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
