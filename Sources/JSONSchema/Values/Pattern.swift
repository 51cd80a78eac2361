import CPCRE2
import JSON

/// A regular expression of a schema (ECMA-262 as JSON Schema uses it), compiled once.
///
/// PCRE2 runs it with a bound on its steps, since expressions come from strangers and some take for ever on a short text.
final class Pattern: @unchecked Sendable {
    // `@unchecked`: the compiled code is never changed after `init`, and each match has its own data.

    /// What a match came to.
    enum Outcome {
        case found
        case notFound
        /// The bound on the steps was reached.
        case tooCostly
    }

    let text: String
    private let code: OpaquePointer
    private let context: OpaquePointer?
    private let steps: UInt32

    /// Bytes above which a text gets more steps: going over it takes some for each.
    private static let longText = 3000

    /// Compiles an expression.
    ///
    /// - Throws: a description of what is wrong with it.
    init(_ text: String, steps: UInt32) throws(PatternError) {
        self.text = text
        var source = try PatternTranslation.translate(text)
        var number: Int32 = 0
        var offset = 0
        let options =
            UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY) | UInt32(PCRE2_NEVER_BACKSLASH_C)
            | UInt32(PCRE2_MATCH_UNSET_BACKREF) | UInt32(PCRE2_ALLOW_EMPTY_CLASS)
            | UInt32(PCRE2_NO_UTF_CHECK)
        let compiled = source.withUTF8 { bytes in
            pcre2_compile_8(bytes.baseAddress, bytes.count, options, &number, &offset, nil)
        }
        guard let compiled else { throw PatternError(message: Self.message(number)) }
        code = compiled
        // Without a compiler for this processor the interpreter does the same, more slowly.
        pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
        context = pcre2_match_context_create_8(nil)
        pcre2_set_match_limit_8(context, steps)
        pcre2_set_heap_limit_8(context, 32 << 10)
        self.steps = steps
    }

    deinit {
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    private static func message(_ number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, Int(length))), as: UTF8.self)
    }

    /// Looks for the expression anywhere in a text.
    func search(_ text: UnsafeBufferPointer<UInt8>) -> Outcome {
        let data = pcre2_match_data_create_8(1, nil)
        defer { pcre2_match_data_free_8(data) }
        var context = context
        if text.count > Self.longText {
            context = pcre2_match_context_copy_8(context)
            pcre2_set_match_limit_8(context, steps + UInt32(clamping: text.count * 32))
        }
        defer { if context != self.context { pcre2_match_context_free_8(context) } }
        let options = UInt32(PCRE2_NO_UTF_CHECK)
        var result = pcre2_match_8(code, text.baseAddress, text.count, 0, options, data, context)
        if result == PCRE2_ERROR_JIT_STACKLIMIT {
            // The compiled code has little room of its own; the interpreter has all that the bound gives it.
            result = pcre2_match_8(code, text.baseAddress, text.count, 0, options | PCRE2_NO_JIT, data, context)
        }
        switch result {
        case PCRE2_ERROR_NOMATCH: return .notFound
        case 0...: return .found
        default: return .tooCostly
        }
    }

    func search(_ text: String) -> Outcome {
        var copy = text
        return copy.withUTF8 { search($0) }
    }
}

/// What is wrong with a regular expression.
struct PatternError: Error {
    let message: String
}
