/// Finds schemas that apply themselves to the same value for ever.
struct EndlessReferences {
    let nodes: [SchemaNode]
    let lists: [Int32]
    let dependents: [SchemaProgram.Dependent]

    private enum Mark: UInt8 {
        case unseen, open, done
    }

    /// - Throws: ``SchemaError`` with `endlessReference`, at the place that `describe` gives.
    func check(describe: (Int32) -> String) throws(SchemaError) {
        var marks = [Mark](repeating: .unseen, count: nodes.count)
        for start in nodes.indices where marks[start] == .unseen {
            var stack = [(node: start, rest: inPlace(nodes[start])[...])]
            marks[start] = .open
            while let node = stack.last?.node {
                guard let target = stack[stack.count - 1].rest.popFirst() else {
                    marks[node] = .done
                    stack.removeLast()
                    continue
                }
                switch marks[Int(target)] {
                case .done: continue
                case .unseen:
                    marks[Int(target)] = .open
                    stack.append((Int(target), inPlace(nodes[Int(target)])[...]))
                case .open:
                    throw SchemaError(
                        .endlessReference,
                        at: describe(target),
                        "the schema refers to itself without end"
                    )
                }
            }
        }
    }

    /// The nodes that a node applies to the same value.
    private func inPlace(_ node: SchemaNode) -> [Int32] {
        var targets: [Int32] = []
        for run in [node.allOf, node.anyOf, node.oneOf] { targets += lists[run.range] }
        targets += dependents[node.dependents.range].map(\.node)
        targets += [node.reference, node.not, node.condition, node.then, node.otherwise]
        return targets.filter { $0 >= 0 }
    }
}
