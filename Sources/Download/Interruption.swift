/// A failure after which another try may succeed.
struct Interruption: Error {
    /// What is told when there is no other try.
    let error: DownloadError
}
