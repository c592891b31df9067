public import Foundation

/// Files that lie beside the package, where the project is developed.
public enum SharedFiles {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared")

  public static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: file(path).path)
  }

  public static func file(_ path: String) -> URL { root.appending(path: path) }
}
