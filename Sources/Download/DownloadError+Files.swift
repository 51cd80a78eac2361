import Glibc

extension DownloadError {
    /// What the system says of a file that is written.
    init(writing name: String, errno code: Int32) {
        switch code {
        case ENOSPC, EDQUOT:
            self.init(.diskFull, "\(name) does not fit on the storage any more")
        case EFBIG:
            self.init(.tooLarge, "\(name) is larger than a file may be here")
        default:
            self.init(.notWritable, "\(name) cannot be written: \(String(cString: strerror(code)))")
        }
    }
}
