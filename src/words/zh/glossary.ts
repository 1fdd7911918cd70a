// The glossary in Chinese; what must be there is the shape of the English one.

import type { GlossaryWords } from '../words.ts';

export const GLOSSARY_ZH: GlossaryWords = {
  view: {
    name: '视图',
    meaning:
      '一张胸片的一个随机版本：其中一部分，可能镜像、模糊、反相、变亮或变暗。每一步为每张胸片生成两个。',
  },
  encoder: {
    name: '编码器',
    meaning: '把胸片变成一串数字（特征）的网络。预训练之后留下的就是它，其余部分只用于训练它。',
  },
  embedding: {
    name: '嵌入',
    meaning: '投影头由一个视图的特征得到的结果。损失在它上面计算，因此特征本身不必丢弃损失要求忽略的东西。',
  },
  total: {
    name: '总损失',
    meaning: '优化器所降低的量。数值低本身证明不了什么，因为坍缩时它最低。',
  },
  invariance: {
    name: '不变性',
    meaning: '同一张胸片的两个视图相距多远。下降：编码器忽略了视图所改变的东西。为零而方差项很高：坍缩。',
  },
  variance: {
    name: '方差',
    meaning: '各维度缺少多少离散。零：每个维度的离散都达到一或更多。接近一：所有胸片得到相同的嵌入。',
  },
  covariance: {
    name: '协方差',
    meaning: '各维度互相重复的程度。下降：信息分散到更多维度。',
  },
  spread: {
    name: '离散',
    meaning: '一个维度在一批胸片上的标准差，再对各维度取平均。方差项要求它达到一。',
  },
  vicreg: {
    name: 'VICReg',
    meaning:
      '由三项构成的方法：视图相同（不变性）、维度离散（方差）、维度各异（协方差）。MLVICX 对编码器的多个层级提出同样的要求。',
  },
  mlvicx: {
    name: 'MLVICX',
    meaning:
      '用于胸片的 VICReg：同样的三项作用于最后的特征，并通过第二个头作用于编码器的全部五个层级，细小的征象在那里仍然可见。',
  },
  simsiam: {
    name: 'SimSiam',
    meaning: '由一个视图预测另一个视图嵌入的方法。它没有使胸片彼此分开的项；起作用的是被停止的梯度。',
  },
  'stop-gradient': {
    name: '停止梯度',
    meaning: '比较的一侧被视为给定：只把预测移向嵌入，从不把嵌入移向预测。',
  },
  collapse: {
    name: '坍缩',
    meaning:
      '让损失满意却毫无价值的答案：所有胸片落在一个点上，或一条线上。要看离散和方向的数目，而不是看损失。',
  },
  spectrum: {
    name: '谱',
    meaning: '特征沿各主方向的方差，从大到小排列。曲线骤然跌落：少数方向承载了一切。',
  },
  rankme: {
    name: 'RankMe',
    meaning: '特征大约使用了多少个方向。损失下降而它也下降：维度坍缩。',
  },
  participation: {
    name: '参与维数',
    meaning: '大约有多少维度分担方差。为一：一切沿一条线变化。',
  },
  neighbours: {
    name: '最近邻',
    meaning: '特征方向相近的胸片。由它们的标签对一张胸片投票；不训练任何东西，所以得分只属于特征本身。',
  },
  linear: {
    name: '线性评估',
    meaning: '在冻结的编码器上用标签训练的单层。它找不到的东西，预训练就没有准备好。',
  },
  auroc: {
    name: 'AUROC',
    meaning:
      '有征象的胸片得分高于无征象胸片的频率。0.5 是随机，1 是毫无差错。统计误判数目需要阈值，它不需要。',
  },
  random: {
    name: '随机编码器',
    meaning: '训练之前的同一网络。得分的很大部分此时已经存在，只有高出它的部分才归功于预训练。',
  },
  'class-map': {
    name: '类别图',
    meaning: '胸片上每个位置对线性层答案的贡献。它显示答案来自哪里，而不是为什么。',
  },
  shortcut: {
    name: '捷径',
    meaning: '在一个数据集中与征象相伴、却不是疾病的东西：标记、导管、设备。它在这里提高得分，在别处失效。',
  },
  leak: {
    name: '泄漏',
    meaning: '训练时得到的关于测试片的知识。一位患者有多张胸片时，按胸片划分会让编码器认出人来。',
  },
  temperature: {
    name: '温度',
    meaning: '对比损失中除余弦的数。它越小，最相近的胸片越起决定作用。',
  },
  batch: {
    name: '批大小',
    meaning: '每一步的胸片数。方差和协方差在它们之上计算：只有两张时几乎无从计算。',
  },
  crop: {
    name: '最小裁剪',
    meaning: '视图至少要显示胸片的多大部分。太小时两个视图没有共同的解剖结构，能达成一致的就不再是医学。',
  },
  rate: {
    name: '学习率',
    meaning: '一步移动权重的幅度。开始时上升，然后沿余弦降到零。',
  },
};
