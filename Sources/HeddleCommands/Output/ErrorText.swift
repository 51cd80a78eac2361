import HeddleModel

/// An error as a person reads it.
enum ErrorText {
    /// The lines for standard error; details only when asked for.
    static func render(_ error: HeddleError, isVerbose: Bool) -> String {
        var text = "error: \(DisplayText.lines(error.message)) (\(error.code.rawValue))\n"
        // The message has told the first ones.
        for violation in error.violations.dropFirst(HeddleError.violationsInMessage) {
            text += "  \(DisplayText.line(violation.description))\n"
        }
        guard isVerbose else { return text }
        for (name, value) in error.details.sorted(by: { $0.key < $1.key }) {
            text += "  \(DisplayText.line(name)): \(DisplayText.line(value))\n"
        }
        if let cause = error.cause { text += "  cause: \(DisplayText.line(String(describing: cause)))\n" }
        return text
    }
}
