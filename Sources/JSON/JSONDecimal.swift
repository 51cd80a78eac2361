/// The exact value of a JSON number without a copy of it: where its digits stand, and the power of ten of the last one.
///
/// 1, 1.0 and 10e-1 have the same digits and the same power.
package struct JSONDecimal: Sendable {
    package let isNegative: Bool
    /// Where the digits stand in the text, from the first to the last that is not zero; empty for zero.
    package let digits: Range<Int>
    /// The index of the point if it stands between the digits.
    package let point: Int?
    /// The power of ten of the last digit; with a ``longExponent`` only what has to be added to that.
    package let exponent: Int
    /// Where the digits of a written exponent stand that is too long to count with.
    let longExponent: Range<Int>?
    let isLongExponentNegative: Bool

    /// Digits of a written exponent that are counted with; together with the place of a digit they fit.
    private static let countableDigits = 17

    /// Reads a number that was checked to be JSON.
    package init(_ text: Span<UInt8>) {
        isNegative = text[0] == UInt8(ascii: "-")
        var cursor = isNegative ? 1 : 0
        var (first, last, place) = (-1, -1, -1)
        while cursor < text.count {
            let byte = text[cursor]
            if byte &- 0x30 < 10 {
                if byte != 0x30 {
                    if first < 0 { first = cursor }
                    last = cursor
                }
            } else if byte == UInt8(ascii: ".") {
                place = cursor
            } else {
                break
            }
            cursor &+= 1
        }
        guard first >= 0 else {
            digits = 0..<0
            (point, exponent, longExponent, isLongExponentNegative) = (nil, 0, nil, false)
            return
        }
        digits = first..<(last + 1)
        point = first < place && place < last ? place : nil
        let end = place < 0 ? cursor : place
        let written = Self.writtenExponent(text, from: cursor)
        exponent = (last < end ? end - 1 - last : end - last) + written.value
        longExponent = written.long
        isLongExponentNegative = written.isNegative
    }

    private static func writtenExponent(
        _ text: Span<UInt8>,
        from start: Int
    ) -> (value: Int, long: Range<Int>?, isNegative: Bool) {
        guard start < text.count else { return (0, nil, false) }
        var cursor = start + 1
        let isNegative = text[cursor] == UInt8(ascii: "-")
        if isNegative || text[cursor] == UInt8(ascii: "+") { cursor += 1 }
        while cursor < text.count, text[cursor] == 0x30 { cursor += 1 }
        guard text.count - cursor <= countableDigits else { return (0, cursor..<text.count, isNegative) }
        var value = 0
        for index in cursor..<text.count { value = value &* 10 &+ Int(text[index] &- 0x30) }
        return (isNegative ? -value : value, nil, isNegative)
    }

    /// Whether the exponent is too long to count with, so that ``exponent`` says only a part of it.
    package var hasLongExponent: Bool { longExponent != nil }

    /// Whether the number is zero.
    package var isZero: Bool { digits.isEmpty }

    /// How many digits there are from the first to the last that is not zero.
    package var digitCount: Int { digits.count - (point == nil ? 0 : 1) }

    /// The exponent, or the given bound for one that is too long to count with.
    package func exponent(boundedBy bound: Int) -> Int {
        if longExponent != nil { return isLongExponentNegative ? -bound : bound }
        return min(max(exponent, -bound), bound)
    }
}
