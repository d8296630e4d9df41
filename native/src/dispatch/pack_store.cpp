#include "dispatch/pack_store.h"

#include <string.h>

#include "base/checked.h"
#include "base/failure.h"

namespace striate {
namespace {

constexpr char kMagic[8] = {'S', 'T', 'R', 'I', 'A', 'T', 'E', 'P'};
constexpr int64_t kVersion = 1;
constexpr int64_t kMostPieces = 1 << 20;

struct Head {
  char magic[8];
  int64_t version;
  uint64_t key;
  int64_t bytes;  // of the whole copy
  int64_t pieces;
  int64_t reserved[3];
};
static_assert(sizeof(Head) == 64, "pieces are aligned to 64 bytes");

int64_t room(int64_t count) { return round_up(checked_mul(count, 4, "a packed constant"), 64); }

int64_t table_bytes(int64_t pieces) { return round_up(pieces * 8, 64); }

}  // namespace

PackStore::PackStore(uint64_t key, const void* copy, int64_t bytes) : restoring_(true) {
  if (copy == nullptr || (reinterpret_cast<uintptr_t>(copy) & 63) != 0)
    fail(STRIATE_INVALID_ARGUMENT, "the copy of packed constants is NULL or not 64-byte aligned");
  Head head;
  if (bytes < static_cast<int64_t>(sizeof head))
    fail(STRIATE_INVALID_ARGUMENT, "a copy of packed constants has at least 64 bytes, not %lld",
         static_cast<long long>(bytes));
  memcpy(&head, copy, sizeof head);
  if (memcmp(head.magic, kMagic, sizeof kMagic) != 0 || head.version != kVersion)
    fail(STRIATE_INVALID_ARGUMENT, "this is no copy of packed constants of version %lld",
         static_cast<long long>(kVersion));
  if (head.key != key)
    fail(STRIATE_INVALID_ARGUMENT, "the packed constants belong to another kernel or request");
  if (head.bytes != bytes || head.pieces < 0 || head.pieces > kMostPieces ||
      bytes - static_cast<int64_t>(sizeof head) < table_bytes(head.pieces))
    fail(STRIATE_INVALID_ARGUMENT, "the copy of packed constants has %lld bytes, %lld are meant",
         static_cast<long long>(bytes), static_cast<long long>(head.bytes));
  const char* const base = static_cast<const char*>(copy);
  int64_t at = static_cast<int64_t>(sizeof head) + table_bytes(head.pieces);
  for (int64_t i = 0; i < head.pieces; ++i) {
    int64_t count = 0;
    memcpy(&count, base + sizeof head + i * 8, sizeof count);
    if (count < 0 || count > (bytes - at) / 4 || room(count) > bytes - at)
      fail(STRIATE_INVALID_ARGUMENT, "piece %lld of the packed constants is cut off",
           static_cast<long long>(i));
    pieces_.push_back({reinterpret_cast<const float*>(base + at), count});
    at += room(count);
  }
  if (at != bytes)
    fail(STRIATE_INVALID_ARGUMENT, "%lld bytes follow the packed constants",
         static_cast<long long>(bytes - at));
}

const float* PackStore::next(int64_t count) {
  const int64_t had = taken_ < pieces_.size() ? pieces_[taken_].count : -1;
  if (had != count)
    fail(STRIATE_INVALID_ARGUMENT,
         "piece %lld of the packed constants has %lld floats, the kernel needs %lld",
         static_cast<long long>(taken_), static_cast<long long>(had),
         static_cast<long long>(count));
  return pieces_[taken_++].data;
}

void PackStore::finish() const {
  if (restoring_ && taken_ != pieces_.size())
    fail(STRIATE_INVALID_ARGUMENT, "%lld pieces of packed constants are too many",
         static_cast<long long>(pieces_.size() - taken_));
}

int64_t PackStore::copy_bytes() const {
  int64_t bytes =
      static_cast<int64_t>(sizeof(Head)) + table_bytes(static_cast<int64_t>(pieces_.size()));
  for (const Piece& piece : pieces_) bytes += room(piece.count);
  return bytes;
}

void PackStore::copy(uint64_t key, void* to) const {
  Head head{};
  memcpy(head.magic, kMagic, sizeof kMagic);
  head.version = kVersion;
  head.key = key;
  head.bytes = copy_bytes();
  head.pieces = static_cast<int64_t>(pieces_.size());
  char* out = static_cast<char*>(to);
  memset(out, 0, static_cast<size_t>(sizeof head + table_bytes(head.pieces)));
  memcpy(out, &head, sizeof head);
  out += sizeof head;
  for (size_t i = 0; i < pieces_.size(); ++i)
    memcpy(out + i * 8, &pieces_[i].count, sizeof pieces_[i].count);
  out += table_bytes(head.pieces);
  for (const Piece& piece : pieces_) {
    const size_t bytes = static_cast<size_t>(piece.count) * 4;
    if (bytes > 0) memcpy(out, piece.data, bytes);
    memset(out + bytes, 0, static_cast<size_t>(room(piece.count)) - bytes);
    out += room(piece.count);
  }
}

}  // namespace striate
