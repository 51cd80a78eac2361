/// One pass over a statement that knows quotes, comments, words and placeholders, and nothing else of SQL.
struct PortableSQLScanner {
    /// PostgreSQL takes 65,535 and SQLite 32,766.
    private static let maximumPlaceholder = 32_766

    private let input: [UInt8]
    private var position = 0
    private var output: [UInt8] = []
    private var used: Set<Int> = []
    private(set) var keyword = ""

    init(_ text: String) {
        input = Array(text.utf8)
        output.reserveCapacity(input.count)
    }

    var rewritten: String {
        String(decoding: output, as: UTF8.self)
    }

    func parameterCount() throws(PortableSQLFault) -> Int {
        guard let highest = used.max() else { return 0 }
        for number in 1...highest where !used.contains(number) {
            throw .unusedPlaceholder(number)
        }
        return highest
    }

    mutating func scan() throws(PortableSQLFault) {
        while position < input.count {
            try step()
        }
        if keyword.isEmpty {
            throw .empty
        }
    }

    private mutating func step() throws(PortableSQLFault) {
        let byte = input[position]
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            try copyQuoted(byte)
        case UInt8(ascii: "-") where next == UInt8(ascii: "-"):
            copyLineComment()
        case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
            try copyBlockComment()
        case UInt8(ascii: "$"):
            try rewritePlaceholder()
        // `@name` is a placeholder on SQLite; PostgreSQL's operators `@>` and `@@` stand by themselves.
        case UInt8(ascii: "@") where next.map(Self.isWord) != true:
            copy(1)
        case UInt8(ascii: ":"), UInt8(ascii: "@"),
            UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "`"):
            throw .unportable(Character(UnicodeScalar(byte)))
        case _ where Self.isWord(byte):
            copyWord()
        case _:
            copy(1)
        }
    }

    private var next: UInt8? {
        position + 1 < input.count ? input[position + 1] : nil
    }

    private mutating func copy(_ count: Int) {
        output.append(contentsOf: input[position..<position + count])
        position += count
    }

    /// Copies a literal or a quoted identifier; a doubled quote stands for itself inside.
    private mutating func copyQuoted(_ quote: UInt8) throws(PortableSQLFault) {
        copy(1)
        while position < input.count {
            guard input[position] == quote else {
                copy(1)
                continue
            }
            guard next == quote else {
                copy(1)
                return
            }
            copy(2)
        }
        throw .unterminated
    }

    private mutating func copyLineComment() {
        while position < input.count, input[position] != UInt8(ascii: "\n") {
            copy(1)
        }
    }

    private mutating func copyBlockComment() throws(PortableSQLFault) {
        copy(2)
        while position < input.count {
            if input[position] == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                copy(2)
                return
            }
            if input[position] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                throw .nestedComment
            }
            copy(1)
        }
        throw .unterminated
    }

    /// Copies a word or a number; in both engines a `$` inside a word is part of it.
    private mutating func copyWord() {
        let start = position
        while position < input.count, Self.isWord(input[position]) || input[position] == UInt8(ascii: "$") {
            copy(1)
        }
        if keyword.isEmpty {
            keyword = String(decoding: input[start..<position], as: UTF8.self).uppercased()
        }
    }

    private mutating func rewritePlaceholder() throws(PortableSQLFault) {
        position += 1
        let start = position
        var number = 0
        while position < input.count, Self.isDigit(input[position]) {
            number = min(number * 10 + Int(input[position] - UInt8(ascii: "0")), Self.maximumPlaceholder + 1)
            position += 1
        }
        // `$$` and `$name$` quote text on PostgreSQL alone, and `$name` is a placeholder on SQLite alone.
        guard position > start else { throw .unportable("$") }
        guard 1...Self.maximumPlaceholder ~= number else { throw .placeholderOutOfRange }
        used.insert(number)
        output.append(contentsOf: "?\(number)".utf8)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xFF:
            true
        case _:
            false
        }
    }
}
