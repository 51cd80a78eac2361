extension JSONView {
    /// Appends the value in the one form that all JSON texts of it share, itself JSON: for cache keys and fingerprints.
    ///
    /// Members are sorted by the UTF-8 of their names, escapes are the fewest, there is no white space, and a number is
    /// its digits without zeros at either end with a power of ten: 1.50 is `15e-1`. Nothing is rounded, so that values
    /// that differ never share a form. Costs n log n in the size of the value.
    package func appendCanonical(to output: inout [UInt8]) {
        document.bytes.withUnsafeBufferPointer { text in
            document.tape.withUnsafeBufferPointer { tape in
                var canonical = JSONCanonical(text: text, tape: tape)
                canonical.append(index, to: &output)
            }
        }
    }
}

/// Writes the canonical form of one value.
///
/// A loop with a stack of open containers, not a recursion: the depth comes from strangers. A container without containers
/// in it needs no stack.
struct JSONCanonical {
    private static let insertionLimit = 16

    /// A container that is being written.
    private struct Frame {
        enum Order {
            case array
            /// An object whose members are on the tape in their order.
            case sorted
            /// An object whose order is in ``JSONCanonical/names``.
            case shuffled
        }

        let order: Order
        /// Where the children begin: an index of the tape, for a shuffled object an index of ``JSONCanonical/names``.
        let start: Int
        let end: Int
        /// The child that comes next.
        var next: Int

        init(_ order: Order, _ children: Range<Int>) {
            self.order = order
            (start, end, next) = (children.lowerBound, children.upperBound, children.lowerBound)
        }
    }

    private let text: UnsafeBufferPointer<UInt8>
    private let tape: UnsafeBufferPointer<JSONTapeEntry>
    private var open: Frame?
    private var outer: [Frame] = []
    /// The tape indices of the sorted names of all shuffled objects that are open.
    private var names: [Int] = []

    init(text: UnsafeBufferPointer<UInt8>, tape: UnsafeBufferPointer<JSONTapeEntry>) {
        self.text = text
        self.tape = tape
    }

    mutating func append(_ index: Int, to output: inout [UInt8]) {
        let length = Int(tape[index].length)
        // Twice as much when there is too little, so that many appends stay linear.
        if output.capacity - output.count < length {
            output.reserveCapacity(max(output.count + length, output.count * 2))
        }
        value(index, &output)
        while var frame = open {
            if frame.next == frame.end {
                close(frame, &output)
                continue
            }
            if frame.next != frame.start { output.append(UInt8(ascii: ",")) }
            let child = advance(&frame, &output)
            open = frame
            value(child, &output)
        }
    }

    /// Steps to the next child, whose name is written if it has one.
    private func advance(_ frame: inout Frame, _ output: inout [UInt8]) -> Int {
        if frame.order == .array {
            let child = frame.next
            frame.next = Int(tape[child].next)
            return child
        }
        let name = frame.order == .sorted ? frame.next : names[frame.next]
        Self.appendString(tape[name], text, to: &output)
        output.append(UInt8(ascii: ":"))
        frame.next = frame.order == .sorted ? Int(tape[name + 1].next) : frame.next + 1
        return name + 1
    }

    private mutating func close(_ frame: Frame, _ output: inout [UInt8]) {
        output.append(frame.order == .array ? UInt8(ascii: "]") : UInt8(ascii: "}"))
        // The names of the objects inside are gone already.
        if frame.order == .shuffled { names.removeLast(frame.end - frame.start) }
        open = outer.popLast()
    }

    private mutating func value(_ index: Int, _ output: inout [UInt8]) {
        let entry = tape[index]
        switch entry.kind {
        case .null, .bool: output.append(contentsOf: text[entry.range])
        case .string: Self.appendString(entry, text, to: &output)
        case .number: Self.appendNumber(UnsafeBufferPointer(rebasing: text[entry.range]), to: &output)
        case .array:
            output.append(UInt8(ascii: "["))
            begin(Frame(.array, (index + 1)..<Int(entry.next)))
        case .object:
            output.append(UInt8(ascii: "{"))
            begin(object((index + 1)..<Int(entry.next)))
        }
    }

    private mutating func begin(_ frame: Frame) {
        if let open { outer.append(open) }
        open = frame
    }

    // MARK: Objects

    private mutating func object(_ members: Range<Int>) -> Frame {
        var (isSorted, hasEscapes) = (true, false)
        var previous = members.lowerBound
        var name = previous
        while name < members.upperBound {
            if tape[name].isEscaped { hasEscapes = true }
            if name != previous, !hasEscapes, !precedes(previous, name) { isSorted = false }
            previous = name
            name = Int(tape[name + 1].next)
        }
        // One member is in order, however its name is written.
        if previous == members.lowerBound || isSorted && !hasEscapes { return Frame(.sorted, members) }
        let start = names.count
        if start == 0 { names.reserveCapacity(members.count / 2) }
        name = members.lowerBound
        while name < members.upperBound {
            names.append(name)
            name = Int(tape[name + 1].next)
        }
        if hasEscapes { sortDecoded(from: start) } else { sort(from: start) }
        return Frame(.shuffled, start..<names.count)
    }

    /// Whether one plain name comes before another.
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (tape[left], tape[right])
        let (leftStart, rightStart) = (Int(left.offset), Int(right.offset))
        for index in 1..<(Int(min(left.length, right.length)) - 1) {
            let (leftByte, rightByte) = (text[leftStart + index], text[rightStart + index])
            if leftByte != rightByte { return leftByte < rightByte }
        }
        return left.length < right.length
    }

    /// By insertion when there are few: the sort of arrays would take memory for them.
    private mutating func sort(from start: Int) {
        guard names.count - start <= Self.insertionLimit else {
            let canonical = JSONCanonical(text: text, tape: tape)
            names.withUnsafeMutableBufferPointer { names in
                names[start...].sort { canonical.precedes($0, $1) }
            }
            return
        }
        for index in (start + 1)..<names.count {
            let name = names[index]
            var place = index
            while place > start, precedes(name, names[place - 1]) {
                names[place] = names[place - 1]
                place -= 1
            }
            names[place] = name
        }
    }

    /// Decodes each name once, not at each comparison.
    private mutating func sortDecoded(from start: Int) {
        let decoded = names[start...]
            .map { name in
                let content = Array(text[tape[name].range].dropFirst().dropLast())
                return (index: name, name: tape[name].isEscaped ? JSONText.unescaped(content[...]) : content)
            }
        let sorted = decoded.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for (place, name) in sorted.enumerated() { names[start + place] = name.index }
    }
}
