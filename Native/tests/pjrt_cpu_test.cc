// Drives the CPU plugin through the C API alone: `pjrt_cpu_test path/to/libpjrt_cpu.so`.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "pjrt.h"
#include "xla/ffi/api/ffi.h"

namespace {

using Floats = std::vector<float>;

void Require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

void RequireEqual(const Floats& found, const Floats& expected, const std::string& what) {
  if (found == expected) return;
  std::string text = what + ": found";
  for (float value : found) text += " " + std::to_string(value);
  throw std::runtime_error(text);
}

// The body must fail with a message that holds `part`.
void RequireError(const std::string& part, const std::function<void()>& body) {
  try {
    body();
  } catch (const pjrt::Error& error) {
    Require(std::string(error.what()).find(part) != std::string::npos, std::string("expected '") + part + "', got: " + error.what());
    return;
  }
  throw std::runtime_error("no error where one with '" + part + "' was expected");
}

const std::string kDouble = R"(func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.add %a, %a : tensor<4xf32>
  return %0 : tensor<4xf32>
})";

size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

void Runs() {
  pjrt::Client client(1);
  pjrt::Program program = client.Compile(kDouble);
  pjrt::Buffer a = client.Put<float>({1, 2, 3, 4}, {4});
  RequireEqual(pjrt::Read<float>(program.Run({{a.handle}})[0][0]), {2, 4, 6, 8}, "a + a");
  Require(program.Hlo().find("ENTRY") != std::string::npos, "the optimised program is no HLO text");
}

void ReadsInAnyLayout() {
  pjrt::Client client(1);
  pjrt::Buffer a = client.Put<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  Floats values(6);
  int64_t columns_first[] = {0, 1}, strides[] = {12, 4};
  auto layout = pjrt::Make<PJRT_Buffer_MemoryLayout>(PJRT_Buffer_MemoryLayout_STRUCT_SIZE);
  layout.tiled.minor_to_major = columns_first;
  layout.tiled.minor_to_major_size = 2;
  PJRT_MAKE(PJRT_Buffer_ToHostBuffer, args);
  args.src = a.handle;
  args.host_layout = &layout;
  args.dst = values.data();
  args.dst_size = 24;
  PJRT_DO(PJRT_Buffer_ToHostBuffer, args);
  pjrt::Await(args.event);
  RequireEqual(values, {1, 4, 2, 5, 3, 6}, "column-major");
  layout.type = PJRT_Buffer_MemoryLayout_Type_Strides;
  layout.strides.byte_strides = strides;
  layout.strides.num_byte_strides = 2;
  PJRT_DO(PJRT_Buffer_ToHostBuffer, args);
  pjrt::Await(args.event);
  RequireEqual(values, {1, 2, 3, 4, 5, 6}, "row-major strides");
  args.dst_size = 20;
  RequireError("needs 24", [&] { PJRT_DO(PJRT_Buffer_ToHostBuffer, args); });
}

void RefusesBadPrograms() {
  pjrt::Client client(2);
  RequireError("", [&] { client.Compile("func.func @main() { this is not StableHLO }"); });
  RequireError("", [&] { client.Compile(""); });
  RequireError("", [&] { client.Compile("module {}"); });
  RequireError("format", [&] { client.Compile(kDouble, pjrt::CompileOptions(1), "onnx"); });
  RequireError("CompileOptionsProto", [&] { client.Compile(kDouble, "\xff\xff\xff"); });
  RequireError("do not fit on 2 devices", [&] { client.Compile(kDouble, pjrt::CompileOptions(3)); });
  RequireError("xla_no_such_option", [&] { client.Compile(kDouble, pjrt::CompileOptions(1, {{"xla_no_such_option", "1"}})); });
  RequireError("device_count", [&] { pjrt::Client none(0); });
  RequireError("no_such_target", [&] {
    client.Compile(R"(func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
      %0 = stablehlo.custom_call @no_such_target(%a) {api_version = 4 : i32} : (tensor<4xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    })");
  });
}

void RefusesBadArguments() {
  pjrt::Client client(2);
  pjrt::Program program = client.Compile(kDouble);
  pjrt::Buffer a = client.Put<float>({1, 2, 3, 4}, {4}), short_one = client.Put<float>({1, 2}, {2});
  pjrt::Buffer other_type = client.Put<int32_t>({1, 2, 3, 4}, {4}, PJRT_Buffer_Type_S32);
  pjrt::Buffer elsewhere = client.Put<float>({1, 2, 3, 4}, {4}, PJRT_Buffer_Type_F32, 1);
  RequireError("2 arguments were given, the program takes 1", [&] { program.Run({{a.handle, a.handle}}); });
  RequireError("0 arguments", [&] { program.Run({{}}); });
  RequireError("argument 0 is f32[2]", [&] { program.Run({{short_one.handle}}); });
  RequireError("argument 0 is s32[4]", [&] { program.Run({{other_type.handle}}); });
  RequireError("argument 0 is on", [&] { program.Run({{elsewhere.handle}}); });
  RequireError("arguments for 2 devices", [&] { program.Run({{a.handle}, {elsewhere.handle}}); });
  PJRT_MAKE(PJRT_Buffer_Delete, gone);
  gone.buffer = a.handle;
  PJRT_DO(PJRT_Buffer_Delete, gone);
  RequireError("deleted", [&] { program.Run({{a.handle}}); });
  RequireError("deleted", [&] { pjrt::Read<float>(a); });
  gone.struct_size = 8;
  RequireError("argument struct of 8 bytes", [&] { PJRT_DO(PJRT_Buffer_Delete, gone); });
  RequireError("-1", [&] { client.Put<float>({1}, {-1}); });
  RequireError("", [&] { client.Put<float>({1}, {int64_t{1} << 40, int64_t{1} << 40}); });
  RequireError("element type", [&] { client.Put<float>({1}, {1}, PJRT_Buffer_Type_INVALID); });
}

// A donated buffer is gone after the run and its memory is the output's.
void DonatesInPlace() {
  pjrt::Client client(1);
  for (std::string attribute : {"tf.aliasing_output = 0 : i32", "jax.buffer_donor = true"}) {
    pjrt::Program program = client.Compile("func.func @main(%w: tensor<1024x1024xf32> {" + attribute + R"(},
        %g: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
      %0 = stablehlo.subtract %w, %g : tensor<1024x1024xf32>
      return %0 : tensor<1024x1024xf32>
    })");
    pjrt::Buffer w = client.Put(Floats(1 << 20, 3), {1024, 1024}), g = client.Put(Floats(1 << 20, 1), {1024, 1024});
    uintptr_t address = w.Address();
    auto outputs = program.Run({{w.handle, g.handle}});
    Require(w.Deleted(), attribute + ": the donated buffer lives on");
    Require(!g.Deleted(), attribute + ": a buffer that was not donated is gone");
    Require(outputs[0][0].Address() == address, attribute + ": the output has memory of its own");
    Require(pjrt::Read<float>(outputs[0][0])[12345] == 2, attribute + ": wrong result");
    RequireError("donated", [&] { program.Run({{w.handle, g.handle}}); });
    RequireError("", [&] { program.Run({{g.handle, g.handle}}); });
  }
}

std::string Collective(const std::string& name, const std::string& attributes, int inputs, int outputs, bool region) {
  std::string in = "tensor<" + std::to_string(inputs) + "xf32>", out = "tensor<" + std::to_string(outputs) + "xf32>";
  std::string body = region ? R"(({
    ^bb0(%x: tensor<f32>, %y: tensor<f32>):
      %s = stablehlo.add %x, %y : tensor<f32>
      stablehlo.return %s : tensor<f32>
  }))" : "";
  std::string type = "(" + in + ") -> " + out;
  return "func.func @main(%a: " + in + ") -> " + out + " {\n  %0 = \"stablehlo." + name + "\"(%a) " + body + " {" + attributes + "} : " +
         type + "\n  return %0 : " + out + "\n}";
}

// Runs on 8 devices, device d with the values 10 d, 10 d + 1, …; checks the output of device 3.
void CheckCollective(const pjrt::Client& client, const std::string& code, int inputs, const Floats& expected) {
  pjrt::Program program = client.Compile(code, pjrt::CompileOptions(8));
  std::vector<pjrt::Buffer> buffers;
  std::vector<std::vector<PJRT_Buffer*>> arguments;
  for (int device = 0; device < 8; ++device) {
    Floats values;
    for (int i = 0; i < inputs; ++i) values.push_back(10 * device + i);
    buffers.push_back(client.Put(values, {inputs}, PJRT_Buffer_Type_F32, device));
    arguments.push_back({buffers.back().handle});
  }
  RequireEqual(pjrt::Read<float>(program.Run(arguments)[3][0]), expected, code);
}

void CommunicatesAmongDevices() {
  pjrt::Client client(8);
  const std::string all = "replica_groups = dense<[[0, 1, 2, 3, 4, 5, 6, 7]]> : tensor<1x8xi64>";
  const std::string pairs = "replica_groups = dense<[[0, 4], [1, 5], [2, 6], [3, 7]]> : tensor<4x2xi64>";
  CheckCollective(client, Collective("all_reduce", all, 2, 2, true), 2, {280, 288});
  CheckCollective(client, Collective("all_reduce", pairs, 2, 2, true), 2, {100, 102});
  CheckCollective(client, Collective("all_gather", pairs + ", all_gather_dim = 0 : i64", 2, 4, false), 2, {30, 31, 70, 71});
  CheckCollective(client, Collective("reduce_scatter", all + ", scatter_dimension = 0 : i64", 8, 1, true), 8, {304});
  const std::string moves = "source_target_pairs = dense<[[2, 3], [3, 2], [0, 1]]> : tensor<3x2xi64>";
  CheckCollective(client, Collective("collective_permute", moves, 2, 2, false), 2, {20, 21});
  const std::string split = ", split_dimension = 0 : i64, concat_dimension = 0 : i64, split_count = 2 : i64";
  CheckCollective(client, Collective("all_to_all", pairs + split, 2, 2, false), 2, {30, 70});
}

// Programs of all devices launched from two threads must not wait for each other in a circle.
void LaunchesFromTwoThreads() {
  pjrt::Client client(8);
  std::string code = Collective("all_reduce", "replica_groups = dense<[[0, 1, 2, 3, 4, 5, 6, 7]]> : tensor<1x8xi64>", 1000, 1000, true);
  pjrt::Program first = client.Compile(code, pjrt::CompileOptions(8)), second = client.Compile(code, pjrt::CompileOptions(8));
  pjrt::Program alone = client.Compile(kDouble);
  std::atomic<int> failures = 0;
  auto launch = [&](const pjrt::Program& program, int devices, int count) {
    std::vector<pjrt::Buffer> buffers;
    std::vector<std::vector<PJRT_Buffer*>> arguments;
    for (int device = 0; device < devices; ++device) {
      buffers.push_back(client.Put(Floats(count, 1), {count}, PJRT_Buffer_Type_F32, device));
      arguments.push_back({buffers.back().handle});
    }
    for (int i = 0; i < 200; ++i) failures += pjrt::Read<float>(program.Run(arguments)[0][0])[0] != (devices == 8 ? 8 : 2);
  };
  std::thread a(launch, std::cref(first), 8, 1000), b(launch, std::cref(second), 8, 1000), c(launch, std::cref(alone), 1, 4);
  a.join();
  b.join();
  c.join();
  Require(failures == 0, "wrong results under concurrent launches");
}

xla::ffi::Error Scale(float factor, xla::ffi::Buffer<xla::ffi::F32> in, xla::ffi::ResultBuffer<xla::ffi::F32> out) {
  if (factor == 0) return xla::ffi::Error::InvalidArgument("the factor is zero");
  for (size_t i = 0; i < in.element_count(); ++i) out->typed_data()[i] = factor * in.typed_data()[i];
  return xla::ffi::Error::Success();
}
using F32Buffer = xla::ffi::Buffer<xla::ffi::F32>;
XLA_FFI_DEFINE_HANDLER(kScale, Scale, xla::ffi::Ffi::Bind().Attr<float>("factor").Arg<F32Buffer>().Ret<F32Buffer>());

std::string ScaleBy(const std::string& factor) {
  return R"(func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.custom_call @test_scale(%a) {api_version = 4 : i32, backend_config = {factor = )" +
         factor + R"( : f32}} : (tensor<4xf32>) -> tensor<4xf32>
    return %0 : tensor<4xf32>
  })";
}

void Register(const std::string& name) {
  const PJRT_Extension_Base* extension = pjrt::api->extension_start;
  while (extension != nullptr && extension->type != PJRT_Extension_Type_FFI) extension = extension->next;
  Require(extension != nullptr, "there is no FFI extension");
  auto args = pjrt::Make<PJRT_FFI_Register_Handler_Args>(PJRT_FFI_Register_Handler_Args_STRUCT_SIZE);
  args.target_name = name.c_str();
  args.target_name_size = name.size();
  args.platform_name = "Host";
  args.platform_name_size = std::strlen(args.platform_name);
  args.handler = reinterpret_cast<void*>(kScale);
  pjrt::Check(reinterpret_cast<const PJRT_FFI_Extension*>(extension)->register_handler(&args));
}

void TakesHandlersFromManyThreads() {
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        try {
          Register("test_handler_" + std::to_string(i));
        } catch (const std::exception&) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Require(failures == 0, "a handler was refused");
}

void CallsBackIntoTheHost() {
  Register("test_scale");
  pjrt::Client client(1);
  pjrt::Buffer a = client.Put<float>({1, 2, 3, 4}, {4});
  pjrt::Program program = client.Compile(ScaleBy("2.5"));
  RequireEqual(pjrt::Read<float>(program.Run({{a.handle}})[0][0]), {2.5, 5, 7.5, 10}, "custom call");
  pjrt::Program copy = client.Deserialize(program.Serialize());
  RequireEqual(pjrt::Read<float>(copy.Run({{a.handle}})[0][0]), {2.5, 5, 7.5, 10}, "custom call of a deserialised program");
  pjrt::Program failing = client.Compile(ScaleBy("0.0"));
  RequireError("the factor is zero", [&] { failing.Run({{a.handle}}); });
}

void Serialises() {
  std::string bytes;
  {
    pjrt::Client client(8);
    std::string code = Collective("all_reduce", "replica_groups = dense<[[0, 1, 2, 3, 4, 5, 6, 7]]> : tensor<1x8xi64>", 2, 2, true);
    bytes = client.Compile(code, pjrt::CompileOptions(8)).Serialize();
  }
  pjrt::Client client(8);
  pjrt::Program program = client.Deserialize(bytes);
  std::vector<pjrt::Buffer> buffers;
  std::vector<std::vector<PJRT_Buffer*>> arguments;
  for (int device = 0; device < 8; ++device) {
    buffers.push_back(client.Put<float>({1, 2}, {2}, PJRT_Buffer_Type_F32, device));
    arguments.push_back({buffers.back().handle});
  }
  RequireEqual(pjrt::Read<float>(program.Run(arguments)[7][0]), {8, 16}, "a deserialised all-reduce");
  RequireError("the program runs on CpuDevice(id=7)", [&] {
    arguments[7][0] = buffers[0].handle;
    program.Run(arguments);
  });
  RequireError("not a program", [&] { client.Deserialize(""); });
  RequireError("not a program", [&] { client.Deserialize("something else than a program that was serialised"); });
  RequireError("damaged", [&] { client.Deserialize(bytes.substr(0, bytes.size() / 2)); });
  std::string damaged = bytes;
  damaged[damaged.size() / 2] ^= 1;
  RequireError("damaged", [&] { client.Deserialize(damaged); });
  RequireError("No matching device", [&] { pjrt::Client(1).Deserialize(bytes); });
}

void HonoursOptions() {
  pjrt::Client client(1);
  std::string dot = R"(func.func @main(%a: tensor<256x256xf32>, %b: tensor<256x256xf32>) -> tensor<256x256xf32> {
    %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
    return %0 : tensor<256x256xf32>
  })";
  auto options = pjrt::CompileOptions(1, {{"xla_cpu_experimental_ynn_fusion_type", "LIBRARY_FUSION_TYPE_DOT"}});
  Require(client.Compile(dot).Hlo().find("__ynn_fusion") == std::string::npos, "the default uses YNN");
  Require(client.Compile(dot, options).Hlo().find("__ynn_fusion") != std::string::npos, "the option had no effect");
}

void OutlivesTheClient() {
  auto client = std::make_unique<pjrt::Client>(1);
  pjrt::Program program = client->Compile(kDouble);
  pjrt::Buffer a = client->Put<float>({1, 2, 3, 4}, {4});
  client.reset();
  RequireEqual(pjrt::Read<float>(program.Run({{a.handle}})[0][0]), {2, 4, 6, 8}, "a + a without the client's handle");
}

void CountsMemory() {
  pjrt::Client client(2);
  Require(client.BytesInUse() == 0, "a fresh client uses memory");
  {
    pjrt::Program program = client.Compile(kDouble);
    pjrt::Buffer a = client.Put(Floats(4, 1), {4}), large = client.Put(Floats(3 << 20, 1), {3 << 20}, PJRT_Buffer_Type_F32, 1);
    auto outputs = program.Run({{a.handle}});
    Require(client.BytesInUse() == (12 << 20) + 32, "found " + std::to_string(client.BytesInUse()) + " bytes in use");
  }
  Require(client.BytesInUse() == 0, "buffers leave memory behind");
}

void KeepsMemoryFlat() {
  auto work = [](int clients, int runs) {
    for (int i = 0; i < clients; ++i) {
      pjrt::Client client(2);
      pjrt::Program program = client.Compile(kDouble);
      for (int run = 0; run < runs; ++run) {
        pjrt::Buffer a = client.Put<float>({1, 2, 3, 4}, {4});
        pjrt::Read<float>(program.Run({{a.handle}})[0][0]);
      }
    }
  };
  work(5, 200);
  size_t before = ResidentBytes();
  work(10, 1000);
  size_t after = ResidentBytes();
  Require(after < before + (4 << 20), "10,000 runs grew the process by " + std::to_string((after - before) >> 10) + " KiB");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: pjrt_cpu_test PLUGIN [TEST]\n");
    return 2;
  }
  const std::pair<const char*, void (*)()> tests[] = {
      {"runs", Runs},
      {"reads in any layout", ReadsInAnyLayout},
      {"refuses bad programs", RefusesBadPrograms},
      {"refuses bad arguments", RefusesBadArguments},
      {"donates in place", DonatesInPlace},
      {"communicates among devices", CommunicatesAmongDevices},
      {"launches from two threads", LaunchesFromTwoThreads},
      {"takes handlers from many threads", TakesHandlersFromManyThreads},
      {"calls back into the host", CallsBackIntoTheHost},
      {"serialises", Serialises},
      {"honours options", HonoursOptions},
      {"outlives the client", OutlivesTheClient},
      {"counts memory", CountsMemory},
      {"keeps memory flat", KeepsMemoryFlat},
  };
  pjrt::Load(argv[1]);
  int failed = 0;
  for (auto [name, test] : tests) {
    if (argc > 2 && std::strcmp(argv[2], name) != 0) continue;
    try {
      test();
      std::printf("ok      %s\n", name);
    } catch (const std::exception& error) {
      std::printf("FAILED  %s: %s\n", name, error.what());
      ++failed;
    }
    std::fflush(stdout);
  }
  return failed > 0;
}
