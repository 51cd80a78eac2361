import JSON

/// A value of a tree that is being changed.
enum Node {
    /// A value that nobody has touched, as it stands in its document.
    case leaf(Leaf)
    case object(ObjectBranch)
    case array(ArrayBranch)
}

/// A value on the tape of a document.
struct Leaf {
    let source: TapeSource
    let index: Int

    var kind: JSONKind { source.kind(index) }
}

extension Node {
    /// The container that was touched, if this is one.
    var branch: Branch? {
        switch self {
        case .leaf: nil
        case .object(let branch): branch
        case .array(let branch): branch
        }
    }

    /// The bytes that it takes in the result.
    var bytes: Int {
        switch self {
        case .leaf(let leaf): leaf.source.length(leaf.index)
        case .object(let branch): branch.bytes
        case .array(let branch): branch.bytes
        }
    }

    /// Levels of nesting, or more than there are by now.
    var height: Int {
        switch self {
        case .leaf(let leaf): leaf.source.height(leaf.index)
        case .object(let branch): branch.height
        case .array(let branch): branch.height
        }
    }

    var kind: JSONKind {
        switch self {
        case .leaf(let leaf): leaf.kind
        case .object: .object
        case .array: .array
        }
    }
}

/// A container that an operation has touched: what its document says, with the changes.
///
/// A class, so that a change deep inside needs no copy of what is around it. After a `copy` two places share one branch,
/// and all it holds, until one of them changes: then it gets a branch of its own.
class Branch {
    /// Whether more than one place may have this branch; the same goes for all that is inside of it then.
    var isShared = false
    /// The bytes that the container takes in the result.
    var bytes = 0
    /// The most levels of nesting that were ever seen here.
    var height: Int

    init(height: Int) {
        self.height = height
    }

    /// How many children a visit goes through, among them those that were removed.
    var children: Int { 0 }

    /// How many entries a copy of it has to hold.
    var entries: Int { 0 }

    /// Counts what a value inside has grown by.
    func grow(by difference: Int) {
        bytes += difference
    }
}
