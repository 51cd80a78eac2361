import Glibc

/// Memory of zeros from the start of a line of the processor's cache.
///
/// Much of it costs only where it is written: such pages come from the system when they are touched. So a cache reserves
/// what its limits allow when it is made and never has to stop to grow.
struct ZeroedMemory<Element>: ~Copyable {
    let start: UnsafeMutablePointer<Element>
    /// What is given back, which may begin before the elements do.
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int

    /// From here on pages of the system's own, not the allocator's.
    private static var mapped: Int { 128 << 10 }
    /// A large page of the system's; from two of them on they are asked for: a quarter faster with a million entries.
    private static var largePage: Int { 2 << 20 }

    /// Memory for elements for which zeros are a value.
    init(count: Int) {
        let needed = max(64, count * MemoryLayout<Element>.stride)
        let isLarge = needed >= Self.largePage * 2
        bytes = isLarge ? needed + Self.largePage : (needed + 63) & ~63
        let memory: UnsafeMutableRawPointer?
        if bytes < Self.mapped {
            memory = aligned_alloc(64, bytes)
            if let memory { memset(memory, 0, bytes) }
        } else {
            memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        }
        guard let memory, memory != MAP_FAILED else { preconditionFailure("out of memory") }
        self.memory = memory
        let first = isLarge ? memory.alignedUp(toMultipleOf: Self.largePage) : memory
        // Only a wish: without it the pages are small.
        if isLarge { madvise(first, needed, MADV_HUGEPAGE) }
        start = first.bindMemory(to: Element.self, capacity: count)
    }

    deinit {
        if bytes < Self.mapped { free(memory) } else { munmap(memory, bytes) }
    }
}
