import Glibc

/// A call to the kernel that failed; the cause of a ``HeddleError``, never shown to a client.
struct SystemCallError: Error, CustomStringConvertible {
    let call: String
    let number: Int32

    /// Notes a failure; the error number is read here, before anything else is called.
    init(_ call: String, number: Int32 = errno) {
        self.call = call
        self.number = number
    }

    var description: String {
        // The GNU strerror is safe to call from many threads here: it only formats unknown numbers into a buffer.
        "\(call): \(String(cString: strerror(number)))"
    }
}

/// What a tool said before it gave up; the cause of a ``HeddleError``.
struct ToolFailure: Error, CustomStringConvertible {
    let description: String
}
