/// The bounds of one instance of an extension; the kernel keeps them, save memory where there is no control group.
package struct ResourceLimits: Sendable, Hashable {
    /// Memory of the whole process tree, in bytes.
    package var memoryBytes: Int
    /// Processes and threads of the whole tree.
    package var processes: Int
    /// Open file descriptors of one process.
    package var openFiles: Int
    /// Size of one file that the process writes, in bytes.
    package var fileBytes: Int
    /// Size of each of `/tmp` and `/dev/shm`, in bytes.
    package var temporaryBytes: Int
    /// Processor time in percent of one core; nil leaves it to the scheduler.
    package var cpuPercent: Int?

    package init(
        memoryBytes: Int = 512 << 20,
        processes: Int = 64,
        openFiles: Int = 1024,
        fileBytes: Int = 1 << 30,
        temporaryBytes: Int = 64 << 20,
        cpuPercent: Int? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.openFiles = openFiles
        self.fileBytes = fileBytes
        self.temporaryBytes = temporaryBytes
        self.cpuPercent = cpuPercent
    }
}
