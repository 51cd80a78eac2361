/// What the text of a number comes to.
enum JSONNumber {
    /// The value of a number that is whole and fits, such as 7, 7.0, 70e-1 and 0.7e1; nil for any other.
    static func whole(_ text: ArraySlice<UInt8>) -> Int? {
        let text = text.span
        let number = JSONDecimal(text)
        if number.isZero { return 0 }
        guard number.longExponent == nil, number.exponent >= 0, number.exponent < 19 else { return nil }
        guard number.digitCount + number.exponent <= 19 else { return nil }
        let sign = number.isNegative ? -1 : 1
        var value = 0
        for index in number.digits where index != number.point {
            guard append(sign * Int(text[index] - 0x30), to: &value) else { return nil }
        }
        for _ in 0..<number.exponent {
            guard append(0, to: &value) else { return nil }
        }
        return value
    }

    private static func append(_ digit: Int, to value: inout Int) -> Bool {
        let (product, isOver) = value.multipliedReportingOverflow(by: 10)
        let (sum, isOverToo) = product.addingReportingOverflow(digit)
        value = sum
        return !isOver && !isOverToo
    }
}
