/// The binary forms of values that the server sends.
enum PostgresBytes {
    /// A whole number of up to eight bytes, the highest first.
    static func number(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var number: UInt64 = 0
        for byte in bytes { number = number << 8 | UInt64(byte) }
        return number
    }

    /// A UUID in lower case.
    static func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A decimal number, as `SUM` and `AVG` answer it: an integer if it is whole and fits, else the nearest real.
    ///
    /// Four heads of two bytes (the count of digits, the weight of the first, the sign, the decimals to show) go before
    /// digits to the base of 10,000.
    static func numeric(_ bytes: UnsafeRawBufferPointer) -> StoreValue? {
        guard bytes.count >= 8 else { return nil }
        let heads = (0..<bytes.count / 2).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
        let count = Int(heads[0])
        let weight = Int(Int16(bitPattern: heads[1]))
        guard heads.count >= 4 + count else { return nil }
        switch heads[2] {
        case 0xC000: return .real(.nan)
        case 0xD000: return .real(.infinity)
        case 0xF000: return .real(-.infinity)
        case _: break
        }
        let isNegative = heads[2] == 0x4000
        let digits = heads[4..<4 + count]
        if let whole = whole(digits, weight: weight, isNegative: isNegative) { return .integer(whole) }
        var text = isNegative ? "-" : ""
        for digit in digits { text += paddedDigit(digit) }
        return Double("\(text)e\((weight - count + 1) * 4)").map { .real($0) }
    }

    private static func whole(
        _ digits: ArraySlice<UInt16>,
        weight: Int,
        isNegative: Bool
    ) -> Int64? {
        // The server leaves zeros at the end out, so that what has digits behind the point is not whole.
        guard digits.count <= weight + 1 || digits.isEmpty, weight <= 4 else { return digits.isEmpty ? 0 : nil }
        var number: Int64 = 0
        let places = digits.isEmpty ? 0 : weight + 1
        for place in 0..<places {
            let digit = place < digits.count ? Int64(digits[digits.startIndex + place]) : 0
            let (product, over) = number.multipliedReportingOverflow(by: 10_000)
            let (sum, beyond) = product.subtractingReportingOverflow(digit)
            guard !over, !beyond else { return nil }
            number = sum
        }
        // It is built below zero, because the smallest integer has no counterpart above.
        guard !isNegative else { return number }
        return number == .min ? nil : -number
    }

    private static func paddedDigit(_ digit: UInt16) -> String {
        let text = String(digit)
        return String(repeating: "0", count: 4 - min(4, text.count)) + text
    }
}
