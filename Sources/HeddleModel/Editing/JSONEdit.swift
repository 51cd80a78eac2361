package import JSON

/// Changes one value of a JSON text and leaves the rest of it as people wrote it.
package enum JSONEdit {
    /// The text with a value where names lead to, or without the value there when it is nil.
    ///
    /// - Parameters:
    ///   - path: The names that lead to the value, one object inside of another.
    ///   - value: The new value; nil takes the member away.
    ///   - json: The text.
    ///   - code: The code of errors.
    /// - Returns: The changed text; the same one when it says so already.
    /// - Throws: ``HeddleError`` with the code when the text is not JSON, or something else than an object is in the way.
    package static func setting(
        _ path: [String],
        to value: JSONValue?,
        in json: [UInt8],
        code: HeddleError.Code
    ) throws(HeddleError) -> [UInt8] {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(json)
        } catch {
            throw HeddleError(code, "the text is not JSON: \(error)")
        }
        let before = JSONValue(document.root)
        let wanted = before.setting(path[...], to: value).canonical
        guard before.canonical != wanted else { return json }
        let edited = edit(document.root, path[...], value)
        guard let edited, (try? JSONValue(parsing: edited))?.canonical == wanted else {
            throw HeddleError(code, "'\(path.joined(separator: "."))' has no place in the text: no object can hold it")
        }
        return edited
    }

    private static func edit(_ root: JSONView, _ path: ArraySlice<String>, _ value: JSONValue?) -> [UInt8]? {
        var (view, rest, parent) = (root, path, root)
        while let name = rest.first, let next = view.member(name) {
            (parent, view, rest) = (view, next, rest.dropFirst())
        }
        guard let name = rest.first else {
            return value.map { replacing(view.range, with: $0.bytes, root) } ?? removing(view, from: parent, root)
        }
        let inner = rest.dropFirst().reversed()
            .reduce(value ?? .null) { inner, name in
                .object(JSONObject(members: [.init(name: name, value: inner)]))
            }
        let member = JSONValue.string(name).bytes + Array(": ".utf8) + inner.bytes
        guard view.kind == .object, let last = Array(view.members).last else {
            return view.isNull || view.kind == .object ? replacing(view.range, with: brace(member), root) : nil
        }
        // New members stand as the first one does: on a line of their own, or not.
        let gap = view.document.bytes[(view.range.lowerBound + 1)...].prefix { $0 <= 0x20 }
        let end = last.value.range.upperBound
        return replacing(end..<end, with: Array(",".utf8) + (gap.isEmpty ? Array(" ".utf8) : Array(gap)) + member, root)
    }

    private static func brace(_ member: [UInt8]) -> [UInt8] { Array("{".utf8) + member + Array("}".utf8) }

    private static func removing(_ view: JSONView, from parent: JSONView, _ root: JSONView) -> [UInt8]? {
        let members = Array(parent.members)
        guard let place = members.firstIndex(where: { $0.value.range == view.range }) else { return nil }
        if place > 0 {
            let range = members[place - 1].value.range.upperBound..<view.range.upperBound
            return replacing(range, with: [], root)
        }
        guard members.count > 1 else { return replacing(parent.range, with: Array("{}".utf8), root) }
        let range = members[0].name.range.lowerBound..<members[1].name.range.lowerBound
        return replacing(range, with: [], root)
    }

    private static func replacing(_ range: Range<Int>, with bytes: [UInt8], _ root: JSONView) -> [UInt8] {
        var result = Array(root.document.bytes)
        result.replaceSubrange(range, with: bytes)
        return result
    }
}
