package import JSON

extension JSONPatch {
    /// Reads a patch: an array of operations.
    ///
    /// Members that RFC 6902 does not know are ignored, as its §4 says.
    ///
    /// - Throws: ``JSONPatchError`` of kind `invalidPatch` that names the operation and its member, or `tooManyOperations`.
    package init(_ view: JSONView, limits: JSONPatchLimits = JSONPatchLimits()) throws(JSONPatchError) {
        guard view.kind == .array else { throw JSONPatchError(.invalidPatch, "a patch is an array of operations") }
        guard view.count <= limits.operations else { throw Self.tooMany(limits) }
        var operations: [Operation] = []
        operations.reserveCapacity(view.count)
        for element in view.elements {
            let members = Members(of: element, number: operations.count)
            operations.append(try members.operation())
        }
        self.init(operations)
    }

    /// Scans a text and reads the patch that it is.
    ///
    /// - Throws: ``JSONPatchError`` of kind `invalidPatch`, or `tooManyOperations`.
    package init(parsing bytes: [UInt8], limits: JSONPatchLimits = JSONPatchLimits()) throws(JSONPatchError) {
        let document: JSONDocument
        do {
            document = try JSONDocument(bytes)
        } catch {
            throw JSONPatchError(.invalidPatch, "a patch is JSON, and this is not: \(error)")
        }
        try self.init(document.root, limits: limits)
    }

    /// The patch as compact JSON; its values are as they were written.
    package var bytes: [UInt8] {
        var writer = JSONWriter(capacity: operations.count * 64 + 2)
        writer.beginArray()
        for operation in operations {
            writer.beginObject()
            writer.name("op")
            writer.string(operation.name)
            switch operation {
            case .move(let from, _), .copy(let from, _):
                writer.name("from")
                writer.string(from.text)
            case .add, .remove, .replace, .test: break
            }
            writer.name("path")
            writer.string(operation.path.text)
            switch operation {
            case .add(_, let value), .replace(_, let value), .test(_, let value):
                writer.name("value")
                writer.raw(value)
            case .remove, .move, .copy: break
            }
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}

/// The members of one operation, while it is read.
private struct Members {
    private let view: JSONView
    private let number: Int
    private var op: JSONView?
    private var path: JSONView?
    private var from: JSONView?
    private var value: JSONView?

    init(of view: JSONView, number: Int) {
        self.view = view
        self.number = number
        for (name, value) in view.members {
            if name.equals("op") {
                op = value
            } else if name.equals("path") {
                path = value
            } else if name.equals("from") {
                from = value
            } else if name.equals("value") {
                self.value = value
            }
        }
    }

    func operation() throws(JSONPatchError) -> JSONPatch.Operation {
        guard view.kind == .object else { throw fault("an operation is an object") }
        guard let op else { throw fault("the member \"op\" is missing") }
        guard let name = op.string else { throw fault("\"op\" is a string") }
        switch name {
        case "add": return .add(try pointer(path, "path"), try needValue())
        case "remove": return .remove(try pointer(path, "path"))
        case "replace": return .replace(try pointer(path, "path"), try needValue())
        case "move":
            let (from, path) = (try pointer(from, "from"), try pointer(path, "path"))
            guard !from.contains(path) else { throw fault("a value cannot be moved into itself") }
            return .move(from: from, to: path)
        case "copy": return .copy(from: try pointer(from, "from"), to: try pointer(path, "path"))
        case "test": return .test(try pointer(path, "path"), try needValue())
        default: throw fault("\"op\" is add, remove, replace, move, copy or test, and not \"\(name)\"")
        }
    }

    private func pointer(_ view: JSONView?, _ name: String) throws(JSONPatchError) -> JSONPointer {
        guard let view else { throw fault("the member \"\(name)\" is missing") }
        guard let text = view.string else { throw fault("\"\(name)\" is a string") }
        do {
            return try JSONPointer(parsing: text)
        } catch {
            throw fault("\"\(name)\" is no JSON pointer: \(error)")
        }
    }

    private func needValue() throws(JSONPatchError) -> JSONView {
        guard let value else { throw fault("the member \"value\" is missing") }
        return value
    }

    private func fault(_ message: String) -> JSONPatchError {
        JSONPatchError(.invalidPatch, operation: number, name: op?.string, pointer: path?.string, message)
    }
}
