package import JSON

/// A version after Semantic Versioning 2.0.0.
package struct SemanticVersion: Sendable, Hashable {
    package let major: Int
    package let minor: Int
    package let patch: Int
    /// The dot-separated identifiers after `-`; empty for a release.
    package let prerelease: [Identifier]
    /// The text after `+`; it does not take part in the order (§10).
    package let build: String?

    /// One identifier of a pre-release.
    package enum Identifier: Sendable, Hashable {
        case number(Int)
        case text(String)
    }

    package init(major: Int, minor: Int, patch: Int, prerelease: [Identifier] = [], build: String? = nil) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.build = build
    }

    /// The full form as a schema.
    package static let shape: JSONValue = {
        let number = "(0|[1-9][0-9]{0,14})"
        let identifier = "(0|[1-9][0-9]{0,14}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
        return Shape.adding(
            ["maxLength": 128],
            to: Shape.matching(
                #"^\#(number)\.\#(number)\.\#(number)"#
                    + #"(-\#(identifier)(\.\#(identifier))*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"#,
                "a SemVer 2.0 version such as 1.2.3 or 1.2.3-beta.1"
            )
        )
    }()

    /// Parses the full form, such as `1.4.0-beta.2+linux`.
    ///
    /// - Throws: ``HeddleError`` with `invalidVersion` when a rule of the specification is broken.
    package init(_ text: String) throws(HeddleError) {
        guard text.utf8.count <= 128, let version = Self.parse(text) else {
            throw HeddleError(
                .invalidVersion,
                "'\(text.prefix(64))' is not a SemVer 2.0 version such as 1.2.3 or 1.2.3-beta.1",
                details: ["version": String(text.prefix(128))]
            )
        }
        self = version
    }

    private static func parse(_ text: String) -> SemanticVersion? {
        let plus = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let body = plus.first else { return nil }
        let build = plus.count == 2 ? String(plus[1]) : nil
        if let build, !isDotted(build[...]) { return nil }
        let dash = body.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let core = dash.first else { return nil }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false).map(number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        var prerelease: [Identifier] = []
        if dash.count == 2 {
            guard isDotted(dash[1]) else { return nil }
            for part in dash[1].split(separator: ".") {
                guard let identifier = identifier(part) else { return nil }
                prerelease.append(identifier)
            }
        }
        return SemanticVersion(major: major, minor: minor, patch: patch, prerelease: prerelease, build: build)
    }

    /// A number without leading zeros of at most 2⁵³ - 1, so that the next one always exists.
    static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard text.count == 1 || text.first != "0" else { return nil }
        return Int(text).flatMap { $0 < 1 << 53 ? $0 : nil }
    }

    private static func isDotted(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy(isIdentifierByte)
            }
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
        default: false
        }
    }

    private static func identifier(_ part: Substring) -> Identifier? {
        guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .text(String(part)) }
        return number(part).map(Identifier.number)
    }
}

extension SemanticVersion: Comparable {
    /// The precedence of §11.
    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let (leftCore, rightCore) = ((left.major, left.minor, left.patch), (right.major, right.minor, right.patch))
        guard leftCore == rightCore else { return leftCore < rightCore }
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        for (leftPart, rightPart) in zip(left.prerelease, right.prerelease) where leftPart != rightPart {
            return leftPart < rightPart
        }
        return left.prerelease.count < right.prerelease.count
    }

    /// Whether two versions have the same precedence, whatever their builds.
    package func hasSamePrecedence(as other: SemanticVersion) -> Bool { !(self < other) && !(other < self) }
}

extension SemanticVersion.Identifier: Comparable {
    /// Numbers come before text, numbers by value, text by ASCII (§11.4).
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right
        case (.number, .text): true
        case (.text, .number): false
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }
}

extension SemanticVersion: CustomStringConvertible {
    package var description: String {
        var text = "\(major).\(minor).\(patch)"
        if !prerelease.isEmpty { text += "-" + prerelease.map(\.description).joined(separator: ".") }
        if let build { text += "+" + build }
        return text
    }
}

extension SemanticVersion.Identifier: CustomStringConvertible {
    package var description: String {
        switch self {
        case .number(let number): String(number)
        case .text(let text): text
        }
    }
}
