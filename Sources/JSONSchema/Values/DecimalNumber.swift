import JSON

/// A JSON number with its exact value: digits times a power of ten.
///
/// No digit is lost, whatever the size; 1, 1.0 and 10e-1 are the same number.
struct DecimalNumber: Sendable, Hashable {
    let isNegative: Bool
    /// Digits from 0 to 9 without zeros at either end; empty for zero.
    let digits: [UInt8]
    /// The power of ten of the last digit.
    let exponent: Int

    /// Exponents beyond a billion are taken for a billion: no document has digits enough to tell.
    private static let largestExponent = 1_000_000_000

    /// Reads a number that was checked to be JSON.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        let number = JSONDecimal(text.span)
        isNegative = number.isNegative && !number.isZero
        digits = number.digits.filter { $0 != number.point }.map { text[$0] - 0x30 }
        exponent = number.exponent(boundedBy: Self.largestExponent)
    }

    init(_ text: String) {
        var copy = text
        self = copy.withUTF8 { DecimalNumber($0) }
    }

    /// Whether there is nothing behind the point.
    var isInteger: Bool { exponent >= 0 }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerMagnitude(than: left) : left.isSmallerMagnitude(than: right)
    }

    private func isSmallerMagnitude(than other: DecimalNumber) -> Bool {
        guard !digits.isEmpty, !other.digits.isEmpty else { return digits.isEmpty && !other.digits.isEmpty }
        let (size, otherSize) = (digits.count + exponent, other.digits.count + other.exponent)
        guard size == otherSize else { return size < otherSize }
        return digits.lexicographicallyPrecedes(other.digits)
    }

    /// Whether this is a whole number of times the divisor, which is not zero.
    func isMultiple(of divisor: DecimalNumber) -> Bool {
        guard !digits.isEmpty else { return true }
        // Without common zeros: digits × 10^shift over the divisor's digits.
        let shift = exponent - divisor.exponent
        guard let modulus = divisor.magnitude else { return isNearMultiple(of: divisor) }
        // The digits of ours end in none, so that a divisor with more zeros does not divide them.
        guard shift >= 0 else { return false }
        let scale = Self.power(of: 10, shift, modulo: modulus)
        return Self.multiply(remainder(modulo: modulus), scale, modulo: modulus) == 0
    }

    /// The digits as a number, if it is below 10^18: the product of two such numbers fits.
    private var magnitude: UInt128? {
        guard digits.count <= 18 else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt128($1) }
    }

    private func remainder(modulo modulus: UInt128) -> UInt128 {
        digits.reduce(0) { (Self.multiply($0, 10, modulo: modulus) + UInt128($1)) % modulus }
    }

    private static func multiply(_ left: UInt128, _ right: UInt128, modulo modulus: UInt128) -> UInt128 {
        left * right % modulus
    }

    private static func power(of base: UInt128, _ exponent: Int, modulo modulus: UInt128) -> UInt128 {
        var (result, square, rest): (UInt128, UInt128, Int) = (1 % modulus, base % modulus, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, square, modulo: modulus) }
            square = multiply(square, square, modulo: modulus)
            rest >>= 1
        }
        return result
    }

    /// For divisors of more digits than anybody needs.
    private func isNearMultiple(of divisor: DecimalNumber) -> Bool {
        let quotient = approximation / divisor.approximation
        return quotient.isFinite && quotient == quotient.rounded()
    }

    private var approximation: Double {
        Double(digits.reduce(into: isNegative ? "-" : "") { $0 += String($1) } + "e\(exponent)") ?? 0
    }
}

extension DecimalNumber {
    /// A whole number of at most nine digits.
    var small: Int32 {
        var value = digits.reduce(Int32(0)) { $0 &* 10 &+ Int32($1) }
        for _ in 0..<max(0, exponent) { value &*= 10 }
        return value
    }
}

extension ParsedNumber {
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]

    /// Reads a number that was checked to be JSON.
    @inline(__always)
    init(_ text: UnsafeBufferPointer<UInt8>) {
        var cursor = 0
        let isNegative = text[0] == UInt8(ascii: "-")
        if isNegative { cursor = 1 }
        var value: Int64 = 0
        let start = cursor
        while cursor < text.count, text[cursor] &- 0x30 < 10 {
            guard cursor - start < 18 else {
                self = .decimal
                return
            }
            value = value &* 10 &+ Int64(text[cursor] &- 0x30)
            cursor += 1
        }
        if cursor == text.count {
            self = .integer(isNegative ? -value : value)
        } else {
            self = Self.double(text, cursor, value, cursor - start, isNegative)
        }
    }

    private static func double(
        _ text: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ whole: Int64,
        _ wholeDigits: Int,
        _ isNegative: Bool
    ) -> ParsedNumber {
        var (cursor, value, digits, exponent) = (start, whole, wholeDigits, 0)
        if text[cursor] == UInt8(ascii: ".") {
            cursor += 1
            while cursor < text.count, text[cursor] &- 0x30 < 10 {
                value = value &* 10 &+ Int64(text[cursor] &- 0x30)
                digits += 1
                exponent -= 1
                guard digits <= 15 else { return .decimal }
                cursor += 1
            }
        }
        if cursor < text.count {
            cursor += 1
            let isBelow = text[cursor] == UInt8(ascii: "-")
            if isBelow || text[cursor] == UInt8(ascii: "+") { cursor += 1 }
            guard text.count - cursor <= 3 else { return .decimal }
            var written = 0
            for byte in text[cursor...] { written = written * 10 + Int(byte &- 0x30) }
            exponent += isBelow ? -written : written
        }
        // Both are exact, so that the one rounding is the right one (Clinger 1990).
        guard digits <= 15, abs(exponent) <= 22 else { return .decimal }
        let magnitude =
            exponent < 0 ? Double(value) / powers[-exponent] : Double(value) * powers[exponent]
        return .double(isNegative ? -magnitude : magnitude)
    }
}
