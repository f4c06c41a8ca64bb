"""A GGUF file as llama.cpp's own quantiser stores it.

Usage: python3 bench_export_quantize.py FOLDER IN.gguf OUT.gguf FTYPE; FOLDER has libllama and ggml's libraries
(node_modules/@node-llama-cpp/linux-x64/bins/linux-x64), FTYPE is a number of llama.h's llama_ftype.
"""

import ctypes
import pathlib
import sys


class Parameters(ctypes.Structure):
    # The fields behind the first two are left as llama_model_quantize_default_params returns them.
    _fields_ = [("threads", ctypes.c_int32), ("file_type", ctypes.c_int32),
                ("rest", ctypes.c_ubyte * 512)]


def library(folder, name):
    return ctypes.CDLL(str(next(folder.glob(f"lib{name}.*so*"))), mode=ctypes.RTLD_GLOBAL)


def main():
    folder, source, target, file_type = pathlib.Path(sys.argv[1]), *sys.argv[2:]
    library(folder, "ggml-base")
    ggml, llama = library(folder, "ggml"), library(folder, "llama")
    ggml.ggml_backend_load_all_from_path(str(folder).encode())
    llama.llama_backend_init()
    llama.llama_model_quantize_default_params.restype = Parameters
    parameters = llama.llama_model_quantize_default_params()
    parameters.threads = 1
    parameters.file_type = int(file_type)
    sys.exit(llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)))


main()
