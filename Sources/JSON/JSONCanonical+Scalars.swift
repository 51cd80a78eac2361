extension JSONCanonical {
    /// Appends a string or a name with the fewest escapes.
    @inline(__always)
    static func appendString(_ entry: JSONTapeEntry, _ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        // What needs an escape cannot stand in a string without one: this is the form already.
        guard entry.isEscaped else { return output.append(contentsOf: text[entry.range]) }
        let content = Array(text[entry.range].dropFirst().dropLast())
        JSONText.appendQuoted(JSONText.unescaped(content[...]).span, to: &output)
    }

    /// Appends a number that was checked to be JSON: its digits, then its power of ten unless that is zero.
    static func appendNumber(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        let number = JSONDecimal(text.span)
        guard !number.isZero else { return output.append(UInt8(ascii: "0")) }
        if number.isNegative { output.append(UInt8(ascii: "-")) }
        if let point = number.point {
            output.append(contentsOf: text[number.digits.lowerBound..<point])
            output.append(contentsOf: text[(point + 1)..<number.digits.upperBound])
        } else {
            output.append(contentsOf: text[number.digits])
        }
        if let written = number.longExponent {
            output.append(UInt8(ascii: "e"))
            if number.isLongExponentNegative { output.append(UInt8(ascii: "-")) }
            let difference = number.isLongExponentNegative ? -number.exponent : number.exponent
            output.append(contentsOf: sum(text[written], difference))
        } else if number.exponent != 0 {
            output.append(UInt8(ascii: "e"))
            output.append(contentsOf: String(number.exponent).utf8)
        }
    }

    /// The decimal digits of a number plus another that is smaller by far.
    private static func sum(_ digits: Slice<UnsafeBufferPointer<UInt8>>, _ difference: Int) -> ArraySlice<UInt8> {
        // One digit more, for the carry of 99…9.
        var result = [0x30] + digits
        var (carry, place) = (difference, result.count - 1)
        while carry != 0 {
            let (tens, digit) = (carry + Int(result[place] - 0x30)).quotientAndRemainder(dividingBy: 10)
            result[place] = 0x30 + UInt8(digit < 0 ? digit + 10 : digit)
            carry = digit < 0 ? tens - 1 : tens
            place -= 1
        }
        return result.drop { $0 == 0x30 }
    }
}
