import JSON

/// An array that was touched: elements of a document, and those that came between them.
final class ArrayBranch: Branch {
    private let source: TapeSource
    private let index: Int
    private var pieces: PieceList
    /// The bytes of all pieces without the commas between them.
    private var pieceBytes: Int

    init(_ leaf: Leaf) {
        source = leaf.source
        index = leaf.index
        pieces = PieceList(count: source.count(index))
        pieceBytes = 0
        super.init(height: source.height(index))
        pieceBytes = pieces.count == 0 ? 0 : length(.run(0..<pieces.count))
        updateBytes()
    }

    /// One that can change alone; what is inside of both is shared from now on.
    init(copying other: ArrayBranch) {
        (source, index, pieces, pieceBytes) = (other.source, other.index, other.pieces, other.pieceBytes)
        super.init(height: other.height)
        bytes = other.bytes
        pieces.visit { piece in
            if case .node(let node) = piece { node.branch?.isShared = true }
        }
    }

    var count: Int { pieces.count }

    override var children: Int { pieces.count }

    override var entries: Int { pieces.pieceCount }

    override func grow(by difference: Int) {
        pieceBytes += difference
        updateBytes()
    }

    private func updateBytes() { bytes = 2 + pieceBytes + max(0, pieces.pieceCount - 1) }

    /// Elements of the document in a row take what is between them as well.
    private func range(_ run: Range<Int>) -> Range<Int> {
        let tape = source.document.tape
        let first = tape[source.element(of: index, at: run.lowerBound)]
        let last = tape[source.element(of: index, at: run.upperBound - 1)]
        return first.range.lowerBound..<last.range.upperBound
    }

    private func length(_ piece: PieceList.Piece) -> Int {
        switch piece {
        case .run(let run): range(run).count
        case .node(let node): node.bytes
        }
    }

    /// The element at a position that the array has.
    subscript(_ position: Int) -> Node {
        let (piece, offset) = pieces[position]
        switch piece {
        case .run(let run):
            return .leaf(Leaf(source: source, index: source.element(of: index, at: run.lowerBound + offset)))
        case .node(let node): return node
        }
    }

    func insert(_ node: Node, at position: Int) { splice(position, removing: false, inserting: node) }

    func replace(_ position: Int, with node: Node) { splice(position, removing: true, inserting: node) }

    func remove(at position: Int) { splice(position, removing: true, inserting: nil) }

    private func splice(_ position: Int, removing: Bool, inserting node: Node?) {
        let (old, new) = pieces.splice(position, removing: removing, inserting: node)
        if let old { pieceBytes -= length(old) }
        for piece in new { pieceBytes += length(piece) }
        updateBytes()
    }

    /// Calls a function with each piece: the bytes of elements in a row as they are written, or another value.
    func visitPieces(_ body: (ArraySlice<UInt8>?, Node?) -> Void) {
        pieces.visit { piece in
            switch piece {
            case .run(let run): body(source.document.bytes[range(run)], nil)
            case .node(let node): body(nil, node)
            }
        }
    }

    /// Calls a function with each element, in order.
    func visit(_ body: (Node) -> Void) {
        pieces.visit { piece in
            switch piece {
            case .run(let run):
                for position in run {
                    body(.leaf(Leaf(source: source, index: source.element(of: index, at: position))))
                }
            case .node(let node): body(node)
            }
        }
    }
}
