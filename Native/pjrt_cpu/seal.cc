// The envelope of a serialised program. XLA itself only logs an error before it runs code of another machine.
#include <algorithm>
#include <cstring>

#include "absl/strings/str_join.h"
#include "plugin.h"
#include "tsl/platform/fingerprint.h"
#include "xla/backends/cpu/codegen/cpu_features.h"

extern "C" const char* TF_Version();  // of the wheel

namespace pjrt_cpu {
namespace {

constexpr char kMagic[8] = {'p', 'j', 'r', 't', '-', 'c', 'p', 'u'};

struct Header {
  char magic[8];
  uint64_t platform;  // a fingerprint of the platform version
  uint64_t content;   // a fingerprint of the bytes that follow
};

}  // namespace

std::string PlatformVersion() {
  std::vector<std::string> features = xla::cpu::DetectMachineAttributes(/*max_feature=*/std::nullopt).features;
  std::sort(features.begin(), features.end());
  return absl::StrCat("tensorflow-cpu ", TF_Version(), " ", absl::Hex(tsl::Fingerprint64(absl::StrJoin(features, ",")), absl::kZeroPad16));
}

std::string Seal(absl::string_view executable) {
  Header header = {{}, tsl::Fingerprint64(PlatformVersion()), tsl::Fingerprint64(executable)};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&header), sizeof(header)), executable);
}

absl::StatusOr<absl::string_view> Unseal(absl::string_view bytes) {
  Header header;
  if (bytes.size() < sizeof(header) || std::memcmp(bytes.data(), kMagic, sizeof(kMagic)) != 0) {
    return Invalid("these ", bytes.size(), " bytes are not a program serialised by the CPU plugin");
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  bytes.remove_prefix(sizeof(header));
  if (header.platform != tsl::Fingerprint64(PlatformVersion())) {
    return absl::FailedPreconditionError("the program was compiled by another version or for another CPU: compile it again");
  }
  if (header.content != tsl::Fingerprint64(bytes)) return absl::DataLossError("the serialised program is damaged: compile it again");
  return bytes;
}

}  // namespace pjrt_cpu
