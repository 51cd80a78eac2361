import JSON

/// A document while it is patched: what was touched is a tree of branches, and the rest are slices of what was sent.
struct PatchTree {
    private var sources: [ObjectIdentifier: TapeSource] = [:]
    private var root: Node
    private let limits: JSONPatchLimits
    /// Recursions are as deep as this at the most, whatever the limits say.
    private let depth: Int
    /// Children that may be visited yet to find out how high branches are: every document can be measured once.
    private var visits = JSONDocument.maximumEntries
    private var comparison: ValueComparison
    /// Entries that copies of branches may duplicate yet: what was removed takes no bytes of the result, but is one.
    private var copies: Int

    init(_ view: JSONView, limits: JSONPatchLimits) {
        let source = TapeSource(view.document)
        sources[ObjectIdentifier(view.document)] = source
        root = .leaf(Leaf(source: source, index: view.index))
        self.limits = limits
        depth = min(limits.depth, JSONDocument.maximumDepth)
        comparison = ValueComparison(budget: limits.comparedBytes)
        copies = limits.copiedChanges
    }

    mutating func apply(_ operation: JSONPatch.Operation) throws(Refusal) {
        switch operation {
        case .add(let path, let value): try add(leaf(value), at: path)
        case .remove(let path): _ = try remove(path)
        case .replace(let path, let value): try replace(path, with: leaf(value))
        case .test(let path, let value): try test(path, leaf(value))
        case .copy(let from, let path):
            let node = try find(from)
            node.branch?.isShared = true
            try add(node, at: path)
        case .move(let from, let path):
            guard !from.contains(path) else { throw Refusal(.invalidPatch, "a value cannot be moved into itself") }
            if from == path {
                _ = try find(from)
            } else {
                try add(remove(from), at: path)
            }
        }
    }

    private mutating func leaf(_ view: JSONView) -> Node {
        let known = sources[ObjectIdentifier(view.document)]
        let source = known ?? TapeSource(view.document)
        if known == nil { sources[ObjectIdentifier(view.document)] = source }
        return .leaf(Leaf(source: source, index: view.index))
    }

    // MARK: Looking

    /// The value at a place.
    private func find(_ pointer: JSONPointer) throws(Refusal) -> Node {
        var node = root
        for (depth, token) in pointer.tokens.enumerated() {
            node = try Step(from: node, token, in: pointer, depth: depth).value
        }
        return node
    }

    private mutating func test(_ pointer: JSONPointer, _ expected: Node) throws(Refusal) {
        let found = try find(pointer)
        guard case .leaf(let expected) = expected else { return }
        guard try comparison.areEqual(found, expected) else {
            guard found.kind == expected.kind else {
                throw Refusal(.testFailed, "the value there is \(found.kind.phrase), not \(expected.kind.phrase)")
            }
            throw Refusal(.testFailed, "the value there is \(found.kind.phrase) too, but another one")
        }
    }

    // MARK: Changing

    private mutating func add(_ node: Node, at pointer: JSONPointer) throws(Refusal) {
        try checkDepth(node, at: pointer)
        guard let token = pointer.tokens.last else {
            root = node
            return try checkBytes()
        }
        let path = try branches(to: pointer)
        switch path.last {
        case .object(let object):
            path.change {
                if let place = object.place(token) {
                    object.replace(place, with: node)
                } else {
                    object.append(token, node)
                }
            }
        case .array(let array):
            let position = try Step.insertion(into: array.count, token)
            path.change { array.insert(node, at: position) }
        case .leaf, nil: throw Step.scalar(path.last ?? root, pointer, depth: pointer.tokens.count - 1)
        }
        path.raise(above: node)
        try checkBytes()
    }

    private mutating func replace(_ pointer: JSONPointer, with node: Node) throws(Refusal) {
        try checkDepth(node, at: pointer)
        guard let token = pointer.tokens.last else {
            root = node
            return try checkBytes()
        }
        let path = try branches(to: pointer)
        let step = try Step(from: path.last ?? root, token, in: pointer, depth: pointer.tokens.count - 1)
        path.change { step.replace(with: node) }
        path.raise(above: node)
        try checkBytes()
    }

    private mutating func remove(_ pointer: JSONPointer) throws(Refusal) -> Node {
        guard let token = pointer.tokens.last else {
            throw Refusal(.notFound, "the document as a whole cannot be removed")
        }
        let path = try branches(to: pointer)
        let step = try Step(from: path.last ?? root, token, in: pointer, depth: pointer.tokens.count - 1)
        path.change { step.remove() }
        return step.value
    }

    /// Makes branches of all containers on the way to a place, each with one owner.
    private mutating func branches(to pointer: JSONPointer) throws(Refusal) -> BranchPath {
        var path = BranchPath()
        root = try owned(root)
        path.append(root)
        for (depth, token) in pointer.tokens.dropLast().enumerated() {
            let step = try Step(from: path.last ?? root, token, in: pointer, depth: depth)
            let owned = try owned(step.value)
            if owned.branch !== step.value.branch { path.change { step.replace(with: owned) } }
            path.append(owned)
        }
        return path
    }

    private mutating func owned(_ node: Node) throws(Refusal) -> Node {
        if let branch = node.branch, branch.isShared {
            copies -= branch.entries
            guard copies >= 0 else {
                throw Refusal(.tooLarge, "the copies of a patch duplicate at most \(limits.copiedChanges) changes")
            }
        }
        return node.owned()
    }

    // MARK: Bounds

    private mutating func checkDepth(_ node: Node, at pointer: JSONPointer) throws(Refusal) {
        guard pointer.tokens.count + node.height > depth else { return }
        // What was seen once may have been removed since.
        node.measure(&visits)
        guard pointer.tokens.count + node.height > depth else { return }
        throw Refusal(.tooDeep, "the result would have more than \(depth) levels of nesting")
    }

    private func checkBytes() throws(Refusal) {
        guard root.bytes > limits.resultBytes else { return }
        throw Refusal(.tooLarge, "the result would have more than \(limits.resultBytes) bytes")
    }

    // MARK: Result

    /// The bytes of the document as it is now.
    var byteCount: Int { root.bytes }

    /// The document as it is now.
    func bytes() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(byteCount)
        root.write(to: &output)
        return output
    }
}
