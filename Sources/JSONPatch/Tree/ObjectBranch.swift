import JSON

/// An object that was touched: the members of a document, what became of some, and those that came.
final class ObjectBranch: Branch {
    /// Where a member is.
    enum Place {
        /// The document's, by its name on the tape.
        case document(Int)
        /// Among those that came.
        case added(Int)
    }

    private enum Change {
        case replaced(Node)
        case removed
    }

    private struct Member {
        /// With quotes and escapes.
        let name: [UInt8]
        /// Nil when it went again.
        var value: Node?
    }

    private let source: TapeSource
    private let index: Int
    private var changes: [Int: Change] = [:]
    private var added: [Member] = []
    private var addedPlaces: [ExactName: Int] = [:]
    private(set) var count: Int
    /// The bytes of all members without the commas.
    private var memberBytes: Int {
        didSet { updateBytes() }
    }

    init(_ leaf: Leaf) {
        source = leaf.source
        index = leaf.index
        count = source.count(index)
        memberBytes = source.memberBytes(of: index)
        super.init(height: source.height(index))
        updateBytes()
    }

    /// One that can change alone; what is inside of both is shared from now on.
    init(copying other: ObjectBranch) {
        (source, index, changes, added) = (other.source, other.index, other.changes, other.added)
        (addedPlaces, count, memberBytes) = (other.addedPlaces, other.count, other.memberBytes)
        super.init(height: other.height)
        bytes = other.bytes
        for change in changes.values {
            if case .replaced(let node) = change { node.branch?.isShared = true }
        }
        for member in added { member.value?.branch?.isShared = true }
    }

    override var children: Int { source.count(index) + added.count }

    override var entries: Int { changes.count + added.count }

    override func grow(by difference: Int) { memberBytes += difference }

    private func updateBytes() { bytes = 2 + memberBytes + max(0, count - 1) }

    // MARK: Looking

    /// Where a member is, nil when there is none of that name.
    func place(_ name: String) -> Place? {
        if !addedPlaces.isEmpty, let place = addedPlaces[ExactName(name)] {
            return added[place].value == nil ? nil : .added(place)
        }
        guard let found = source.member(of: index, named: name) else { return nil }
        if case .removed = changes[found] { return nil }
        return .document(found)
    }

    subscript(_ place: Place) -> Node {
        switch place {
        case .document(let name):
            if case .replaced(let node) = changes[name] { return node }
            return .leaf(Leaf(source: source, index: name + 1))
        case .added(let place):
            return added[place].value ?? .leaf(Leaf(source: source, index: index))
        }
    }

    // MARK: Changing

    func replace(_ place: Place, with node: Node) {
        let difference = node.bytes - self[place].bytes
        switch place {
        case .document(let name): changes[name] = .replaced(node)
        case .added(let place): added[place].value = node
        }
        memberBytes += difference
    }

    /// Adds a member behind all others; there is none of that name.
    func append(_ name: String, _ node: Node) {
        var writer = JSONWriter(capacity: name.utf8.count + 2)
        writer.string(name)
        addedPlaces[ExactName(name)] = added.count
        added.append(Member(name: writer.bytes, value: node))
        count += 1
        memberBytes += writer.bytes.count + 1 + node.bytes
    }

    func remove(_ place: Place) {
        let value = self[place].bytes
        let name: Int
        switch place {
        case .document(let index):
            changes[index] = .removed
            name = source.length(index)
        case .added(let place):
            added[place].value = nil
            name = added[place].name.count
        }
        count -= 1
        memberBytes -= name + 1 + value
    }

    // MARK: Reading

    /// Calls a function with each name, as it is written, and its value, in order.
    func visit(_ body: (ArraySlice<UInt8>, Node) -> Void) {
        let changed = changes.keys.sorted()
        var next = 0
        var name = index + 1
        let end = source.end(index)
        while name < end {
            var node: Node? = .leaf(Leaf(source: source, index: name + 1))
            if next < changed.count, changed[next] == name {
                next += 1
                if case .replaced(let other) = changes[name] { node = other } else { node = nil }
            }
            if let node { body(source.bytes(name), node) }
            name = source.end(name + 1)
        }
        for member in added {
            if let value = member.value { body(member.name[...], value) }
        }
    }
}
