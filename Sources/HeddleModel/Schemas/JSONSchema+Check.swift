package import JSON
package import JSONSchema

extension JSONSchema {
    private static let mostViolations = 20

    /// Asks a value to satisfy the schema.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - code: The code of the error.
    ///   - sentence: What the error's message begins with, such as "the manifest is not what it should be".
    ///   - details: The details of the error.
    /// - Throws: ``HeddleError`` with the code and all violations, the first of which its message names.
    package func check(
        _ value: JSONView,
        _ code: HeddleError.Code,
        _ sentence: String,
        details: [String: String] = [:]
    ) throws(HeddleError) {
        let found: [SchemaViolation]
        do throws(SchemaError) {
            found = try violations(value, maximum: Self.mostViolations)
            guard !found.isEmpty else { return }
        } catch {
            var details = details
            details["reason"] = error.reason.rawValue
            throw HeddleError(code, "\(sentence): \(error.message)", details: details)
        }
        let violations = found.map { violation in
            HeddleError.Violation(
                path: violation.instancePath.clipped(200),
                keyword: violation.keyword,
                message: violation.message.clipped(500)
            )
        }
        throw HeddleError(code, sentence, details: details, breaking: violations)
    }

    /// Asks a value to satisfy the schema.
    ///
    /// - Throws: ``HeddleError`` with the code and all violations.
    package func check(_ value: JSONValue, _ code: HeddleError.Code, _ sentence: String) throws(HeddleError) {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(value.bytes)
        } catch {
            throw HeddleError(code, "\(sentence): \(error)")
        }
        try check(document.root, code, sentence)
    }
}

extension HeddleError {
    /// How many violations a message names.
    package static let violationsInMessage = 3

    /// An error whose message names the first of the violations.
    package init(
        _ code: Code,
        _ sentence: String,
        details: [String: String] = [:],
        breaking violations: [Violation]
    ) {
        var named = violations.prefix(Self.violationsInMessage).map(\.description).joined(separator: "; ").clipped(500)
        let others = violations.count - Self.violationsInMessage
        if others > 0 { named += "; and \(others) more" }
        self.init(code, "\(sentence): \(named)", details: details, violations: violations)
    }
}
