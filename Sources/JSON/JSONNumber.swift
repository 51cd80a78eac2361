/// What the text of a number comes to.
enum JSONNumber {
    /// The value of a number that is whole and fits, such as 7, 7.0, 70e-1 and 0.7e1; nil for any other.
    static func whole(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) else {
            return Int(String(decoding: text, as: UTF8.self))
        }
        var digits: [UInt8] = []
        var (exponent, isFraction) = (0, false)
        var rest = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        while let byte = rest.popFirst() {
            switch byte {
            case 0x30...0x39:
                if isFraction { exponent -= 1 }
                if byte != 0x30 || !digits.isEmpty { digits.append(byte - 0x30) }
            case UInt8(ascii: "."): isFraction = true
            default:
                guard let power = Int(String(decoding: rest, as: UTF8.self)), abs(power) < 1 << 32 else { return nil }
                exponent += power
                rest = []
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return 0 }
        guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
        let sign = text.first == UInt8(ascii: "-") ? -1 : 1
        var value = 0
        for digit in digits + Array(repeating: 0, count: exponent) {
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOverToo) = product.addingReportingOverflow(sign * Int(digit))
            guard !isOver, !isOverToo else { return nil }
            value = sum
        }
        return value
    }
}
