import CSeccomp

/// Both ends of a pipe, close-on-exec.
struct Pipe: Sendable {
    let readEnd: Descriptor
    let writeEnd: Descriptor

    init() throws(SystemCallError) {
        var ends: [Int32] = [-1, -1]
        guard heddle_pipe(&ends) == 0 else { throw SystemCallError("pipe2") }
        readEnd = Descriptor(ends[0])
        writeEnd = Descriptor(ends[1])
    }
}
