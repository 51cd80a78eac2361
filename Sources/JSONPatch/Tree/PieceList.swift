/// The elements of an array that was touched, as runs of elements of its document and single other values.
///
/// Pieces are kept in short lists, so that a change in front of many moves only a few of them, and a place is found by
/// stepping over lists.
struct PieceList {
    /// One or more elements in a row.
    enum Piece {
        /// Elements of the document, by their positions there.
        case run(Range<Int>)
        case node(Node)

        var count: Int {
            switch self {
            case .run(let positions): positions.count
            case .node: 1
            }
        }
    }

    private struct Chunk {
        var pieces: [Piece]
        /// Elements, not pieces.
        var count: Int

        /// The piece with a position, and how many of its elements are before that.
        func piece(of position: Int) -> (piece: Int, offset: Int) {
            var (piece, before) = (0, 0)
            while piece < pieces.count, position >= before + pieces[piece].count {
                before += pieces[piece].count
                piece += 1
            }
            return (piece, position - before)
        }
    }

    private static let longChunk = 128

    private var chunks: [Chunk]
    /// Elements of the whole array.
    private(set) var count: Int
    /// Pieces of the whole array.
    private(set) var pieceCount: Int

    init(count: Int) {
        self.count = count
        chunks = [Chunk(pieces: count == 0 ? [] : [.run(0..<count)], count: count)]
        pieceCount = count == 0 ? 0 : 1
    }

    /// An element that the array has, by its position: the piece that it is in, and how many elements are before it there.
    subscript(_ position: Int) -> (piece: Piece, offset: Int) {
        let (chunk, before) = chunk(of: position)
        let (piece, offset) = chunks[chunk].piece(of: position - before)
        return (chunks[chunk].pieces[piece], offset)
    }

    /// Puts an element at a position, in place of the one that is there or before it, or only removes that one.
    ///
    /// Returns the piece that was there and those that came instead of it.
    mutating func splice(_ position: Int, removing: Bool, inserting node: Node?) -> (old: Piece?, new: [Piece]) {
        let (chunk, before) = chunk(of: position)
        let (place, offset) = chunks[chunk].piece(of: position - before)
        let old = place < chunks[chunk].pieces.count ? chunks[chunk].pieces[place] : nil
        var new: [Piece] = []
        if case .run(let run) = old, offset > 0 { new.append(.run(run.prefix(offset))) }
        if let node { new.append(.node(node)) }
        switch old {
        case .run(let run):
            let rest = run.dropFirst(offset + (removing ? 1 : 0))
            if !rest.isEmpty { new.append(.run(rest)) }
        case .node(let other):
            if !removing { new.append(.node(other)) }
        case nil: break
        }
        chunks[chunk].pieces.replaceSubrange(place..<(old == nil ? place : place + 1), with: new)
        let difference = (node == nil ? 0 : 1) - (removing ? 1 : 0)
        chunks[chunk].count += difference
        count += difference
        pieceCount += new.count - (old == nil ? 0 : 1)
        balance(chunk)
        return (old, new)
    }

    private mutating func balance(_ chunk: Int) {
        if chunks[chunk].pieces.isEmpty, chunks.count > 1 {
            chunks.remove(at: chunk)
        } else if chunks[chunk].pieces.count > Self.longChunk {
            let second = Array(chunks[chunk].pieces[(Self.longChunk / 2)...])
            let count = second.reduce(0) { $0 + $1.count }
            chunks[chunk].pieces.removeLast(second.count)
            chunks[chunk].count -= count
            chunks.insert(Chunk(pieces: second, count: count), at: chunk + 1)
        }
    }

    func visit(_ body: (Piece) -> Void) {
        for chunk in chunks {
            for piece in chunk.pieces { body(piece) }
        }
    }

    /// The list with a position, and how many elements are before it.
    ///
    /// What is behind the last element is in the last list.
    private func chunk(of position: Int) -> (chunk: Int, before: Int) {
        var (chunk, before) = (0, 0)
        while chunk < chunks.count - 1, position >= before + chunks[chunk].count {
            before += chunks[chunk].count
            chunk += 1
        }
        return (chunk, before)
    }
}
