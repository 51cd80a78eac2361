import JSON

/// The branches from the root to the container that is about to change, so that all know what becomes of it.
struct BranchPath {
    private var nodes: [Node] = []

    var last: Node? { nodes.last }

    mutating func append(_ node: Node) { nodes.append(node) }

    /// Changes the last branch; those around it count what it has grown by.
    func change(_ body: () -> Void) {
        let before = nodes.last?.bytes ?? 0
        body()
        let difference = (nodes.last?.bytes ?? 0) - before
        guard difference != 0 else { return }
        for node in nodes.dropLast() { node.branch?.grow(by: difference) }
    }

    /// Tells all branches of a value that came into the last one.
    func raise(above node: Node) {
        var height = node.height
        for node in nodes.reversed() {
            height += 1
            guard let branch = node.branch, branch.height < height else { return }
            branch.height = height
        }
    }
}

extension Node {
    /// This value as a branch that nobody else has; a scalar as it is.
    func owned() -> Node {
        switch self {
        case .leaf(let leaf):
            switch leaf.kind {
            case .object: .object(ObjectBranch(leaf))
            case .array: .array(ArrayBranch(leaf))
            case .null, .bool, .number, .string: self
            }
        case .object(let branch): branch.isShared ? .object(ObjectBranch(copying: branch)) : self
        case .array(let branch): branch.isShared ? .array(ArrayBranch(copying: branch)) : self
        }
    }

    /// Finds out how high the branches are now, unless that takes more visits to children than are left.
    ///
    /// The depth of the recursion is bounded by what is let in.
    func measure(_ visits: inout Int) {
        guard let branch else { return }
        visits -= branch.children
        guard visits >= 0 else { return }
        var height = 0
        func look(_ node: Node) {
            node.measure(&visits)
            height = max(height, node.height)
        }
        switch self {
        case .leaf: return
        case .object(let branch): branch.visit { look($1) }
        case .array(let branch): branch.visit { look($0) }
        }
        branch.height = height + 1
    }

    /// Appends the value; what nobody touched is copied as it is.
    ///
    /// The depth of the recursion is bounded by what is let in.
    func write(to output: inout [UInt8]) {
        switch self {
        case .leaf(let leaf): output.append(contentsOf: leaf.source.bytes(leaf.index))
        case .object(let branch):
            output.append(UInt8(ascii: "{"))
            var isFirst = true
            branch.visit { name, node in
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                output.append(contentsOf: name)
                output.append(UInt8(ascii: ":"))
                node.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .array(let branch):
            output.append(UInt8(ascii: "["))
            var isFirst = true
            branch.visitPieces { run, node in
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                if let run { output.append(contentsOf: run) }
                node?.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        }
    }
}
