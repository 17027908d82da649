/** What can be imported, in words: where a file is chosen, and where one is refused. */
export const IMPORTABLE =
  'output of nvidia-smi (CSV, XML, -q text, dmon, pmon, the table), memory snapshots and traces of PyTorch, Nsight Systems, text of DCGM, gpustat and other exporters, metrics of W&B and MLflow, logs of vLLM, SGLang, llama.cpp and Trainer, or a .plumbline session';
