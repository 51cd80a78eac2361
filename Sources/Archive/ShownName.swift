/// Makes a stranger's bytes fit for a log line or a terminal.
enum ShownName {
    /// Bytes of the shown form.
    static let maximumBytes = 200

    /// The name with control characters and what is no UTF-8 escaped, cut between two characters.
    static func text(_ name: [UInt8]) -> String {
        var shown = ""
        var parser = Unicode.UTF8.ForwardParser()
        var rest = name.makeIterator()
        var position = 0
        while true {
            let piece: String
            switch parser.parseScalar(from: &rest) {
            case .valid(let units):
                position += units.count
                piece = text(Unicode.UTF8.decode(units))
            case .error(let length):
                piece = name[position..<position + length].map { "\\x" + hex($0) }.joined()
                position += length
            case .emptyInput:
                return shown
            }
            guard shown.utf8.count + piece.utf8.count <= maximumBytes else { return shown }
            shown += piece
        }
    }

    private static func text(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        // Format characters turn the direction of the text around them.
        case .control, .format, .lineSeparator, .paragraphSeparator: "\\u{\(hex(scalar.value))}"
        default: String(scalar)
        }
    }

    private static func hex(_ number: some BinaryInteger) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return digits.utf8.count < 2 ? "0" + digits : digits
    }
}
