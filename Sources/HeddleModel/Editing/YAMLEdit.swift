package import JSON
import Yams

/// Changes one value of a YAML text and leaves the rest of it as people wrote it, comments and order too.
///
/// YAML says one thing in many ways. So there are several drafts of each change, and the first that reads as what was
/// asked for is taken: a form that nobody thought of is refused, never damaged.
package enum YAMLEdit {
    /// The text with a value where names lead to, or without the value there when it is nil.
    ///
    /// - Parameters:
    ///   - path: The names that lead to the value, one mapping inside of another; plain words.
    ///   - value: The new value; nil takes the entry away.
    ///   - yaml: The text.
    ///   - code: The code of errors.
    /// - Returns: The changed text; the same one when it says so already.
    /// - Throws: ``HeddleError`` with the code when the text is not YAML, or cannot be changed there without disturbing
    ///   the rest.
    package static func setting(
        _ path: [String],
        to value: JSONValue?,
        in yaml: [UInt8],
        code: HeddleError.Code
    ) throws(HeddleError) -> [UInt8] {
        let before = try YAMLText.value(yaml, code: code)
        let wanted = before.setting(path[...], to: value).canonical
        guard before.canonical != wanted else { return yaml }
        let text = String(decoding: yaml, as: UTF8.self)
        let root = try? Yams.compose(yaml: text)
        let lines = YAMLLines(text)
        for draft in drafts(lines, YAMLPlace(path, in: root, lines), value) {
            let edited = Array(draft.text.utf8)
            if (try? YAMLText.value(edited, code: code))?.canonical == wanted { return edited }
        }
        throw HeddleError(
            code,
            "'\(path.joined(separator: "."))' cannot be changed in this YAML without disturbing the rest of it; "
                + "change it with an editor"
        )
    }

    private static func drafts(_ lines: YAMLLines, _ place: YAMLPlace, _ value: JSONValue?) -> [YAMLLines] {
        let found: [YAMLLines?] =
            switch (place.missing.isEmpty, value) {
            case (true, let value?): [lines.replacing(place, with: value), lines.rewriting(place, with: value)]
            // Null says as much as an entry that is not there.
            case (true, nil): [lines.removing(place), lines.replacing(place, with: .null)]
            case (false, let value?):
                [
                    lines.appending(place, value), lines.insertingFirst(place, value),
                    lines.insertingInline(place, value), lines.replacing(place, with: place.wrapped(value)),
                ]
            case (false, nil): []
            }
        return found.compactMap(\.self)
    }
}
