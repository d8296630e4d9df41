package io.striate.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * A folder with extracted libraries: {@code FOLDER/SHA256/libstriate.so}, so that versions live
 * side by side and a library that did not change is not copied again.
 *
 * <p>A library is code that this process will run. So every folder down from the cache must belong
 * to the user (or root) and be writable by nobody else, and a file is extracted only if its SHA-256
 * is right; it appears by atomic rename, complete or not at all. A file that is there already can
 * have been changed by the user or by a failing disk only, which its CRC-32 finds: SHA-256 would
 * take 40 to 100 ms of a start, until it is compiled.
 */
final class LibraryCache {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path folder;

  LibraryCache(Path folder) {
    this.folder = folder;
  }

  /** The path of a verified copy, extracted if need be; an IOException says why there is none. */
  Path provide(Manifest.Entry entry, ClassLoader resources, String resource)
      throws IOException, LoadFailure {
    createPrivate(folder);
    Path home = folder.resolve(entry.sha256());
    createPrivate(home);
    Path file = home.resolve(entry.name());
    if (isIntact(file, entry)) {
      return file;
    }
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          file.toString(), null, "is a folder where a library should be; remove it");
    }
    Path partial = Files.createTempFile(home, entry.name(), ".part");
    try {
      extract(entry, resources, resource, partial);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
    return file;
  }

  private static boolean isIntact(Path file, Manifest.Entry entry) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          || Files.size(file) != entry.size()) {
        return false;
      }
      CRC32 crc = new CRC32();
      byte[] buffer = new byte[1 << 17];
      try (InputStream in = Files.newInputStream(file)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          crc.update(buffer, 0, n);
        }
      }
      return crc.getValue() == entry.crc32();
    } catch (IOException e) {
      return false; // Unreadable is as good as absent: the attempt to replace it will tell.
    }
  }

  private static void extract(
      Manifest.Entry entry, ClassLoader resources, String resource, Path target)
      throws IOException, LoadFailure {
    Copied copied;
    try (InputStream in = resources.getResourceAsStream(resource)) {
      if (in == null) {
        throw new LoadFailure(
            LoadResult.Reason.CORRUPT_RESOURCE,
            "resource "
                + resource
                + " is listed in its manifest but missing; rebuild or reinstall the natives jar");
      }
      try (OutputStream out = Files.newOutputStream(target)) {
        copied = copy(in, out);
      }
    }
    if (copied.size() != entry.size() || !copied.sha256().equals(entry.sha256())) {
      throw new LoadFailure(
          LoadResult.Reason.CORRUPT_RESOURCE,
          "resource "
              + resource
              + " is corrupt: "
              + copied.size()
              + " bytes with SHA-256 "
              + copied.sha256()
              + ", the manifest says "
              + entry.size()
              + " and "
              + entry.sha256()
              + "; rebuild or reinstall the natives jar");
    }
  }

  private record Copied(long size, String sha256) {}

  private static Copied copy(InputStream in, OutputStream out) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    byte[] buffer = new byte[1 << 17];
    long size = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      digest.update(buffer, 0, n);
      out.write(buffer, 0, n);
      size += n;
    }
    return new Copied(size, HexFormat.of().formatHex(digest.digest()));
  }

  /** Makes a folder of mode 0700, or checks that the one that is there is safe. */
  private static void createPrivate(Path folder) throws IOException {
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Path parent = folder.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      FileAttribute<?>[] mode =
          posix
              ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
              : new FileAttribute<?>[0];
      try {
        Files.createDirectory(folder, mode);
        return;
      } catch (FileAlreadyExistsException raced) {
        // Another process made it just now: it is checked like any other.
      }
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(folder.toString(), null, "is not a folder (or is a link)");
    }
    if (posix) {
      requirePrivate(folder);
    }
  }

  private static void requirePrivate(Path folder) throws IOException {
    PosixFileAttributes attributes =
        Files.getFileAttributeView(folder, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes();
    Set<PosixFilePermission> mode = attributes.permissions();
    if (mode.contains(PosixFilePermission.GROUP_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new FileSystemException(
          folder.toString(),
          null,
          "may be written by other users (mode "
              + PosixFilePermissions.toString(mode)
              + "); set it to rwx------");
    }
    UserPrincipal owner = attributes.owner();
    Path self = Path.of("/proc/self");
    if (Files.exists(self)
        && !owner.equals(Files.getOwner(self))
        && !Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid"))) {
      throw new FileSystemException(
          folder.toString(), null, "belongs to another user, " + owner.getName());
    }
  }

  /** A short sentence about an exception of {@link #provide}. */
  static String explain(Path folder, IOException e) {
    if (e instanceof AccessDeniedException) {
      return folder + ": access denied to " + e.getMessage();
    }
    if (e instanceof NoSuchFileException) {
      return folder + ": cannot be created, " + e.getMessage() + " does not exist";
    }
    return folder + ": " + e.getMessage();
  }
}
