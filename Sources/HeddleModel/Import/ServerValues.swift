/// Values that somebody gave for the inputs of a package, and what is wrong with them.
///
/// No violation quotes a value: it may be secret.
struct ServerValues {
    private static let longest = 32 << 10
    private static let mostRepeated = 256
    /// Of all values together; the kernel takes about twice that for a program.
    private static let mostBytes = 1 << 20

    /// The paths of the host that were used.
    private(set) var files: [String] = []
    private let given: [String: [String]]
    private var used: Set<String> = []
    private var bytes = 0
    private var missing: [String] = []
    private var told: Set<String> = []
    private var violations: [HeddleError.Violation] = []

    init(_ given: [String: [String]]) { self.given = given }

    func isUsed(_ key: String) -> Bool { used.contains(key) }

    /// The words on a command line that a setting comes to; none when it is left out.
    mutating func words(_ setting: ServerSetting) -> [String] {
        guard case .named(let name) = setting.place else { return texts(setting) }
        return setting.isFlag ? [name] : texts(setting).flatMap { [name, $0] }
    }

    /// The values of a setting: none when it is left out, several when it is repeated.
    mutating func texts(_ setting: ServerSetting) -> [String] {
        let open = setting.open
        guard let template = setting.input.value else {
            return bounded(open.first.map { values(of: $0, isRepeated: setting.isRepeated) } ?? [], setting.input)
        }
        var columns: [String: [String]] = [:]
        for variable in setting.variables { columns[variable.key] = variable.value.map { [$0] } }
        for variable in open { columns[variable.key] = values(of: variable, isRepeated: setting.isRepeated) }
        // What misses a variable that nobody has to give is left out as a whole.
        guard !columns.values.contains(where: \.isEmpty) else { return [] }
        let rows = columns.values.map(\.count).max() ?? 1
        guard columns.values.allSatisfy({ $0.count == 1 || $0.count == rows }) else {
            note(setting.input, "maxItems", "takes as many values of each of its variables")
            return []
        }
        let texts = (0..<rows)
            .compactMap { row in
                Self.filled(template, columns.mapValues { $0.count == 1 ? $0[0] : $0[row] })
            }
        guard texts.count == rows else {
            note(setting.input, "maxLength", "comes to more than \(Self.longest >> 10) KB")
            return []
        }
        return bounded(texts, setting.input)
    }

    private mutating func bounded(_ texts: [String], _ input: ServerInput) -> [String] {
        bytes += texts.reduce(0) { $0 + $1.utf8.count }
        guard bytes > Self.mostBytes else { return texts }
        note(input, "maxLength", "makes the values more than \(Self.mostBytes >> 20) MB")
        return []
    }

    /// Asks that everything was there and fits.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` and all that is wrong.
    func check(asked inputs: [ServerInput], by identifier: String) throws(HeddleError) {
        let keys = Set(inputs.map(\.key))
        let unknown = given.keys.filter { !keys.contains($0) }.sorted()
            .map { key in
                HeddleError.Violation(
                    path: "",
                    keyword: "additionalProperties",
                    message: "for '\(key.clipped(80))' is not asked for"
                )
            }
        guard !violations.isEmpty || !unknown.isEmpty else { return }
        var details = ["package": identifier.clipped(200)]
        if !missing.isEmpty {
            details["missing"] = missing.map { $0.clipped(80) }.joined(separator: ", ").clipped(2000)
        }
        throw HeddleError(
            .invalidRequest,
            "the values are not what '\(identifier.clipped(80))' takes",
            details: details,
            breaking: Array((violations + unknown).prefix(100))
        )
    }

    // MARK: One input

    private mutating func values(of input: ServerInput, isRepeated: Bool) -> [String] {
        let values = given[input.key] ?? input.standard.map { [$0] } ?? []
        if values.isEmpty {
            if input.isRequired, told.insert("missing \(input.key)").inserted {
                missing.append(input.key)
                note(input, "required", "needs a value for '\(input.key.clipped(80))'")
            }
            return []
        }
        used.insert(input.key)
        if values.count > (isRepeated ? Self.mostRepeated : 1) {
            note(input, "maxItems", isRepeated ? "takes at most \(Self.mostRepeated) values" : "takes one value")
            return []
        }
        if let fault = values.lazy.compactMap({ Self.fault($0, input) }).first {
            note(input, fault.keyword, fault.message)
            return []
        }
        if input.format == .filepath { files += values.filter { !files.contains($0) } }
        return values
    }

    private static func fault(_ text: String, _ input: ServerInput) -> (keyword: String, message: String)? {
        if text.utf8.contains(0) { return ("pattern", "takes no text with a NUL") }
        if text.utf8.count > longest { return ("maxLength", "takes at most \(longest >> 10) KB") }
        // By bytes: String's own == also takes canonically equivalent texts for the same.
        if !input.choices.isEmpty, !input.choices.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
            let choices = input.choices.prefix(20).map { $0.clipped(40) }.joined(separator: ", ")
            return ("enum", "takes one of \(choices.clipped(400))")
        }
        switch input.format {
        case .string: return nil
        case .number: return isNumber(text) ? nil : ("format", "takes a decimal number")
        case .boolean: return ["true", "false"].contains(text) ? nil : ("format", "takes true or false")
        case .filepath: return text.hasPrefix("/") ? nil : ("format", "takes an absolute path")
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2
            && parts.allSatisfy { part in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    private mutating func note(_ input: ServerInput, _ keyword: String, _ message: String) {
        guard told.insert("\(keyword) \(input.path)").inserted else { return }
        violations.append(.init(path: input.path.clipped(200), keyword: keyword, message: message))
    }

    /// The template with its `{name}`s replaced, in one pass: what is put in is not looked at again.
    ///
    /// - Returns: The text; nil when it is longer than a value may be.
    private static func filled(_ template: String, _ values: [String: String]) -> String? {
        var result: [UInt8] = []
        var pending: [UInt8] = []
        var isPending = false
        for byte in template.utf8 {
            switch byte {
            case UInt8(ascii: "{"):
                result += pending
                pending = [byte]
                isPending = true
            case UInt8(ascii: "}") where isPending:
                let name = String(decoding: pending.dropFirst(), as: UTF8.self)
                if let value = values[name] { result += value.utf8 } else { result += pending + [byte] }
                pending = []
                isPending = false
            default:
                if isPending { pending.append(byte) } else { result.append(byte) }
            }
            guard result.count <= longest else { return nil }
        }
        result += pending
        return result.count <= longest ? String(decoding: result, as: UTF8.self) : nil
    }
}
