import HeddleModel

/// One package of npm that is asked for: `name`, `@scope/name`, either with `@range`, or a `.tgz` of the host.
struct NodeRequirement: Equatable {
    /// The name; nil for a file, which says it itself.
    let name: String?
    /// What npm is told; never an option, a folder or an address.
    let argument: String
    /// The file, for one that is on the host.
    let file: String?

    /// Reads one.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    init(_ text: String) throws(HeddleError) {
        func refusal(_ reason: String) -> HeddleError {
            HeddleError(
                .invalidRequest,
                "the package \(reason); write it like name, @scope/name@1.2, 'name@^1' or /path/to/name.tgz",
                details: ["package": text.clipped(256)]
            )
        }
        guard text.utf8.count <= 512 else { throw refusal("has a name that is too long") }
        guard !text.hasPrefix("/") else {
            guard [".tgz", ".tar.gz"].contains(where: text.hasSuffix), !text.utf8.contains(0) else {
                throw refusal("is a file and no .tgz")
            }
            (name, file, argument) = (nil, HostPath.normalised(text), "file:" + HostPath.normalised(text))
            return
        }
        let isScoped = text.hasPrefix("@")
        let rest = isScoped ? text.dropFirst() : text[...]
        let parts = rest.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == (isScoped ? 2 : 1), names.allSatisfy(Self.isName) else {
            throw refusal("has a part that is no name")
        }
        if parts.count == 2 {
            guard Self.isRange(parts[1]) else { throw refusal("has a part after '@' that is no version or range") }
        }
        name = (isScoped ? "@" : "") + parts[0]
        file = nil
        argument = text
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.first, first != ".", first != "_", first != "-", text.utf8.count <= 214 else {
            return false
        }
        return text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isUppercase || $0.isNumber || "-_.".contains($0)) }
    }

    /// A version, a range or a tag such as `latest`.
    private static func isRange(_ text: Substring) -> Bool {
        !text.isEmpty && !text.hasPrefix("-")
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+^~<>=| *".contains($0)) }
    }
}
